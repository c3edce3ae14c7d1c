/** kl scale: https://kubernetes.io/docs/reference/kubectl/generated/kubectl_scale/ */
import type { Scale } from "../../machinery/types/autoscaling/v1.ts";
import { type Cluster, withCluster } from "../cluster.ts";
import { defineCommand } from "../command.ts";
import { ExitError } from "../exit-error.ts";
import {
  dryRunFlags,
  dryRunOf,
  dryRunSuffix,
  type ManifestFlags,
  manifestFlags,
  outputFlags,
} from "../manifests/flags.ts";
import { resultPrinter } from "../print/result.ts";
import { kindLabel, pathOf } from "../rest/resource-mapping.ts";
import { type NamedTarget, namedTargets, type SelectFlags, selectTargets } from "../rest/select.ts";
import { watchUntil } from "../rest/watch-until.ts";

interface ScaleFlags extends ManifestFlags, Omit<SelectFlags, "filename" | "recursive"> {
  readonly replicas: number;
  readonly currentReplicas: number;
  readonly resourceVersion?: string;
  /** Milliseconds; 0: do not wait. */
  readonly timeout: number;
}

export const command = defineCommand<ScaleFlags>({
  usage: "--replicas=COUNT (-f FILENAME | TYPE NAME… | TYPE/NAME…) [flags]",
  flags: {
    ...manifestFlags,
    ...outputFlags,
    ...dryRunFlags,
    replicas: { type: "int", usage: "the new number of replicas", default: 0 },
    "current-replicas": { type: "int", usage: "only if it has so many now; -1: whatever it has", default: -1 },
    "resource-version": { type: "string", usage: "only if it has this resourceVersion" },
    all: { type: "bool", usage: "all objects of the type in the namespace" },
    selector: { type: "string", short: "l", usage: "label selector" },
    timeout: { type: "duration", usage: "wait until so many replicas are there; 0: do not wait", default: 0 },
  },
  async run({ words, flags, given }) {
    if (!given.has("replicas")) throw new ExitError(1, 'error: required flag(s) "replicas" not set');
    if (flags.replicas < 0) {
      throw new ExitError(
        1,
        "error: The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0",
      );
    }
    await withCluster(flags, async (cluster) => {
      const mode = dryRunOf(flags);
      const print = await resultPrinter(flags);
      const targets = await selectTargets(cluster, words, flags, { listing: false });
      const named = await namedTargets(cluster, targets, flags);
      if (named.length === 0) throw new ExitError(1, "error: no objects passed to scale");
      for (const target of named) {
        const object = await scale(cluster, target, flags);
        const label = `${kindLabel(target.resource)}/${target.name}`;
        print(label, `scaled${dryRunSuffix(mode)}`, object);
      }
    });
  },
});

/** Resolves with the object that was scaled, as it is now. */
async function scale(cluster: Cluster, target: NamedTarget, flags: ScaleFlags): Promise<object> {
  const { resource, namespace, name } = target;
  const mode = dryRunOf(flags);
  const path = pathOf(resource, namespace, name, "scale");
  const object = await cluster.client.json<object>({ path: pathOf(resource, namespace, name) });
  if (flags.currentReplicas !== -1 || flags.resourceVersion) await check(cluster, path, flags);
  if (mode === "client") return object;
  await cluster.client.json({
    method: "PATCH",
    path,
    contentType: "application/merge-patch+json",
    query: { dryRun: mode === "server" ? "All" : undefined },
    body: JSON.stringify({ spec: { replicas: flags.replicas } }),
  });
  if (mode === "none" && flags.timeout > 0) await untilScaled(cluster, target, flags);
  // The answer is a Scale; whoever asks for the object with -o wants the thing itself.
  return flags.output && flags.output !== "name"
    ? cluster.client.json({ path: pathOf(resource, namespace, name) })
    : object;
}

async function check(cluster: Cluster, path: string, flags: ScaleFlags): Promise<void> {
  const { metadata, spec } = await cluster.client.json<Scale>({ path });
  if (flags.currentReplicas !== -1 && (spec?.replicas ?? 0) !== flags.currentReplicas) {
    throw new ExitError(1, `error: Expected replicas to be ${flags.currentReplicas}, was ${spec?.replicas ?? 0}`);
  }
  if (flags.resourceVersion && metadata.resourceVersion !== flags.resourceVersion) {
    throw new ExitError(
      1,
      `error: Expected resource version to be ${flags.resourceVersion}, was ${metadata.resourceVersion}`,
    );
  }
}

interface Scaled {
  readonly metadata: { readonly generation?: number };
  readonly status?: { readonly observedGeneration?: number; readonly replicas?: number };
}

async function untilScaled(cluster: Cluster, target: NamedTarget, flags: ScaleFlags): Promise<void> {
  const signal = AbortSignal.timeout(flags.timeout);
  try {
    await watchUntil(cluster.client, { ...target, signal }, (state) => {
      const { metadata, status } = (state ?? { metadata: {} }) as Scaled;
      return (
        (status?.observedGeneration ?? 0) >= (metadata.generation ?? 0) && (status?.replicas ?? 0) === flags.replicas
      );
    });
  } catch (error) {
    if (signal.aborted) throw new ExitError(1, "error: timed out waiting for the condition");
    throw error;
  }
}
