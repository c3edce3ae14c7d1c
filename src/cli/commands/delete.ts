/** kl delete: https://kubernetes.io/docs/reference/kubectl/generated/kubectl_delete/ */
import type { KubeObject } from "../../machinery/meta/object.ts";
import { StatusError } from "../../machinery/status/error.ts";
import type { Status } from "../../machinery/types/meta/v1.ts";
import { type Cluster, withCluster } from "../cluster.ts";
import { defineCommand } from "../command.ts";
import { ExitError } from "../exit-error.ts";
import { dryRunFlags, dryRunOf, dryRunSuffix, type ManifestFlags, manifestFlags } from "../manifests/flags.ts";
import { serverErrorLine } from "../print/error.ts";
import { kindLabel, pathOf } from "../rest/resource-mapping.ts";
import { type NamedTarget, namedTargets, type SelectFlags, selectTargets } from "../rest/select.ts";
import { waitUntilGone } from "../rest/wait-gone.ts";

interface DeleteFlags extends ManifestFlags, Omit<SelectFlags, "filename" | "recursive"> {
  readonly gracePeriod: number;
  readonly force?: boolean;
  readonly now?: boolean;
  readonly cascade: string;
  readonly wait: boolean;
  readonly ignoreNotFound?: boolean;
  /** Milliseconds. */
  readonly timeout: number;
  readonly raw?: string;
}

export const command = defineCommand<DeleteFlags>({
  usage: "(-f FILENAME | TYPE [NAME… | -l SELECTOR | --all] | TYPE/NAME…) [flags]",
  flags: {
    ...manifestFlags,
    ...dryRunFlags,
    output: { type: "string", short: "o", usage: "name: only the names of what is deleted" },
    all: { type: "bool", usage: "all objects of the type in the namespace" },
    "all-namespaces": { type: "bool", short: "A", usage: "across all namespaces" },
    selector: { type: "string", short: "l", usage: "label selector" },
    "field-selector": { type: "string", usage: "field selector" },
    "grace-period": { type: "int", usage: "seconds to end gracefully; 0 only with --force", default: -1 },
    force: { type: "bool", usage: "remove from the API at once, without waiting for the node" },
    now: { type: "bool", usage: "grace period of 1 second" },
    cascade: { type: "string", usage: "background, orphan or foreground", default: "background", bare: "background" },
    wait: { type: "bool", usage: "wait until the objects are gone", default: true },
    timeout: { type: "duration", usage: "how long to wait; 0 is without end", default: 0 },
    "ignore-not-found": { type: "bool", usage: "succeed where an object does not exist" },
    raw: { type: "string", usage: "send a DELETE to this path" },
  },
  run: ({ words, flags, given }) =>
    withCluster(flags, async (cluster) => {
      if (flags.raw === undefined) return deleteAll(cluster, words, flags, given);
      process.stdout.write(await cluster.client.text({ method: "DELETE", path: flags.raw, raw: true }));
    }),
});

async function deleteAll(
  cluster: Cluster,
  words: readonly string[],
  given: DeleteFlags,
  names: ReadonlySet<string>,
): Promise<void> {
  // What --all and a selector find may be gone before its turn comes.
  const ignoreNotFound = names.has("ignoreNotFound") ? given.ignoreNotFound : given.all || Boolean(given.selector);
  const flags = { ...given, ignoreNotFound: Boolean(ignoreNotFound) };
  const mode = dryRunOf(flags);
  const grace = graceSeconds(flags);
  const propagation = propagationPolicy(flags);
  if (flags.output !== undefined && flags.output !== "name") {
    throw new ExitError(1, `error: unexpected -o output mode: ${flags.output}. We only support '-o name'`);
  }
  warn(flags, grace);
  const targets = await selectTargets(cluster, words, flags, { listing: false });
  const victims = await namedTargets(cluster, targets, { ...flags, chunkSize: 500 });
  const errors: string[] = [];
  const deleted: { victim: NamedTarget; uid: string | undefined }[] = [];
  for (const victim of victims) {
    try {
      const answer =
        mode === "client" ? await read(cluster, victim) : await remove(cluster, victim, mode, grace, propagation);
      deleted.push({ victim, uid: uidOf(answer) });
      print(victim, flags, mode, grace);
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      if (!(error.code === 404 && flags.ignoreNotFound)) errors.push(serverErrorLine(error, doingOf(victim)));
    }
  }
  if (victims.length === 0) process.stdout.write("No resources found\n");
  if (flags.wait && mode === "none") {
    for (const { victim, uid } of deleted) {
      await waitUntilGone(cluster.client, { ...victim, uid, timeout: flags.timeout });
    }
  }
  if (errors.length > 0) throw new ExitError(1, errors.join("\n"));
}

function doingOf({ source }: NamedTarget): string | undefined {
  return source === undefined ? undefined : `error when deleting "${source}"`;
}

function read(cluster: Cluster, { resource, namespace, name }: NamedTarget): Promise<KubeObject> {
  return cluster.client.json<KubeObject>({ path: pathOf(resource, namespace, name) });
}

function remove(
  cluster: Cluster,
  { resource, namespace, name }: NamedTarget,
  mode: "none" | "server",
  grace: number | undefined,
  propagationPolicy: string,
): Promise<KubeObject | Status> {
  return cluster.client.json<KubeObject | Status>({
    method: "DELETE",
    path: pathOf(resource, namespace, name),
    body: JSON.stringify({
      kind: "DeleteOptions",
      apiVersion: "v1",
      propagationPolicy,
      ...(grace === undefined ? {} : { gracePeriodSeconds: grace }),
      ...(mode === "server" ? { dryRun: ["All"] } : {}),
    }),
  });
}

function print(
  { resource, namespace, name }: NamedTarget,
  flags: DeleteFlags,
  mode: ReturnType<typeof dryRunOf>,
  grace: number | undefined,
): void {
  const label = kindLabel(resource);
  if (flags.output === "name") {
    process.stdout.write(`${label}/${name}\n`);
    return;
  }
  const forced = grace === 0 ? "force " : "";
  const where = namespace === undefined ? "" : ` from ${namespace} namespace`;
  process.stdout.write(`${label} "${name}" ${forced}deleted${where}${dryRunSuffix(mode)}\n`);
}

function uidOf(answer: KubeObject | Status | undefined): string | undefined {
  if (!answer) return undefined;
  if (answer.kind === "Status") return (answer as Status).details?.uid;
  return (answer as KubeObject).metadata.uid;
}

function graceSeconds({ gracePeriod, now, force }: DeleteFlags): number | undefined {
  if (now) {
    if (gracePeriod !== -1) throw new ExitError(1, "error: --now and --grace-period cannot be specified together");
    return 1;
  }
  if (force && gracePeriod < 0) return 0;
  // Without --force, 0 means "at once, but let the node confirm": the shortest that it can do.
  if (gracePeriod === 0 && !force) return 1;
  return gracePeriod < 0 ? undefined : gracePeriod;
}

function warn(flags: DeleteFlags, grace: number | undefined): void {
  if (flags.force && flags.gracePeriod > 0) {
    throw new ExitError(1, "error: --force and --grace-period greater than 0 cannot be specified together");
  }
  if (grace === 0) {
    process.stderr.write(
      "Warning: Immediate deletion does not wait for confirmation that the running resource has been terminated. The resource may continue to run on the cluster indefinitely.\n",
    );
  }
}

function propagationPolicy(flags: DeleteFlags): string {
  switch (String(flags.cascade ?? "background")) {
    case "background":
    case "true":
      return "Background";
    case "orphan":
    case "false":
      return "Orphan";
    case "foreground":
      return "Foreground";
    default:
      throw new ExitError(
        1,
        `error: invalid cascade value (${flags.cascade}). Must be "background", "foreground", or "orphan"`,
      );
  }
}
