/** kl scale: https://kubernetes.io/docs/reference/kubectl/generated/kubectl_scale/ */
import type { Command } from "commander";
import type { Scale } from "../../machinery/types/autoscaling/v1.ts";
import { addConnectionFlags, type Cluster, connect } from "../cluster.ts";
import { ExitError } from "../exit-error.ts";
import { addManifestFlags, type ManifestFlags } from "../manifests/flags.ts";
import { readManifests } from "../manifests/read.ts";
import { targetOf } from "../manifests/target.ts";
import { parseResourceArguments } from "../rest/resource-arguments.ts";
import { type ApiResource, pathOf } from "../rest/resource-mapping.ts";

interface ScaleFlags extends ManifestFlags {
  readonly replicas?: string;
  readonly currentReplicas?: string;
  readonly resourceVersion?: string;
}

export function configure(command: Command): void {
  addManifestFlags(addConnectionFlags(command))
    .argument("[TYPE/NAME...]", "what to scale")
    .allowExcessArguments()
    .option("--replicas <COUNT>", "the new number of replicas")
    .option("--current-replicas <COUNT>", "only if it has so many now")
    .option("--resource-version <VERSION>", "only if it has this resourceVersion")
    .action(async () => {
      const flags = command.opts<ScaleFlags>();
      const replicas = Number(flags.replicas);
      if (!Number.isInteger(replicas) || replicas < 0) {
        throw new ExitError(
          1,
          "error: The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0",
        );
      }
      const cluster = connect(command.opts());
      try {
        for (const target of await targets(cluster, command.args, flags)) await scale(cluster, target, replicas, flags);
      } finally {
        cluster.client.close();
      }
    });
}

async function targets(cluster: Cluster, words: readonly string[], flags: ScaleFlags) {
  if (flags.filename) {
    const manifests = await readManifests(flags.filename, Boolean(flags.recursive));
    const found = await Promise.all(manifests.map((manifest) => targetOf(cluster, manifest)));
    return found.map(({ resource, name }) => ({ resource, name: name ?? "" }));
  }
  const parsed = await parseResourceArguments(cluster.mapping, words);
  return parsed.flatMap(({ resource, names }) => names.map((name) => ({ resource, name })));
}

async function scale(
  cluster: Cluster,
  { resource, name }: { resource: ApiResource; name: string },
  replicas: number,
  flags: ScaleFlags,
): Promise<void> {
  const path = pathOf(resource, resource.namespaced ? cluster.namespace : undefined, name, "scale");
  if (flags.currentReplicas !== undefined || flags.resourceVersion !== undefined) {
    const { metadata, spec } = await cluster.client.json<Scale>({ path });
    if (flags.currentReplicas !== undefined && (spec?.replicas ?? 0) !== Number(flags.currentReplicas)) {
      throw new ExitError(1, `error: Expected replicas to be ${flags.currentReplicas}, was ${spec?.replicas ?? 0}`);
    }
    if (flags.resourceVersion !== undefined && metadata.resourceVersion !== flags.resourceVersion) {
      throw new ExitError(
        1,
        `error: Expected resource version to be ${flags.resourceVersion}, was ${metadata.resourceVersion}`,
      );
    }
  }
  await cluster.client.json({
    method: "PATCH",
    path,
    contentType: "application/merge-patch+json",
    body: JSON.stringify({ spec: { replicas } }),
  });
  const kind = resource.group === "" ? resource.singular : `${resource.singular}.${resource.group}`;
  process.stdout.write(flags.output === "name" ? `${kind}/${name}\n` : `${kind}/${name} scaled\n`);
}
