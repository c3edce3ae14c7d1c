/** kl delete: https://kubernetes.io/docs/reference/kubectl/generated/kubectl_delete/ */
import type { Command } from "commander";
import type { KubeObject } from "../../machinery/meta/object.ts";
import { StatusError } from "../../machinery/status/error.ts";
import type { Status } from "../../machinery/types/meta/v1.ts";
import { addConnectionFlags, type Cluster, connect } from "../cluster.ts";
import { parseDuration } from "../duration.ts";
import { ExitError } from "../exit-error.ts";
import { addManifestFlags, dryRunOf, dryRunSuffix, type ManifestFlags } from "../manifests/flags.ts";
import { readManifests } from "../manifests/read.ts";
import { targetOf } from "../manifests/target.ts";
import { serverErrorLine } from "../print/error.ts";
import { parseResourceArguments } from "../rest/resource-arguments.ts";
import { type ApiResource, pathOf } from "../rest/resource-mapping.ts";
import { waitUntilGone } from "../rest/wait-gone.ts";

interface DeleteFlags extends ManifestFlags {
  readonly all?: boolean;
  readonly allNamespaces?: boolean;
  readonly selector?: string;
  readonly fieldSelector?: string;
  readonly gracePeriod?: string;
  readonly force?: boolean;
  readonly now?: boolean;
  readonly cascade?: boolean | string;
  readonly wait: boolean | string;
  readonly ignoreNotFound?: boolean;
  readonly timeout: string;
}

interface Victim {
  readonly resource: ApiResource;
  readonly namespace: string | undefined;
  readonly name: string;
}

export function configure(command: Command): void {
  addManifestFlags(addConnectionFlags(command))
    .argument("[TYPE[/NAME] NAME...]", "what to delete")
    .allowExcessArguments()
    .option("--all", "all objects of the type in the namespace")
    .option("-A, --all-namespaces", "across all namespaces")
    .option("-l, --selector <SELECTOR>", "label selector")
    .option("--field-selector <SELECTOR>", "field selector")
    .option("--grace-period <SECONDS>", "time to end gracefully; 0 only with --force")
    .option("--force", "remove from the API at once, without waiting for the node")
    .option("--now", "grace period of 1 second")
    .option("--cascade [POLICY]", "background, orphan or foreground", "background")
    .option("--wait [BOOLEAN]", "wait until the objects are gone", true)
    .option("--timeout <DURATION>", "how long to wait; 0 is without end", "0s")
    .option("--ignore-not-found", "succeed where an object does not exist")
    .option("--dry-run [MODE]", "none, client or server")
    .action(async () => {
      const flags = command.opts<DeleteFlags>();
      const cluster = connect(command.opts());
      try {
        await deleteAll(cluster, command.args, flags);
      } finally {
        cluster.client.close();
      }
    });
}

async function deleteAll(cluster: Cluster, words: readonly string[], flags: DeleteFlags): Promise<void> {
  const grace = graceSeconds(flags);
  const victims = flags.filename
    ? await victimsOfManifests(cluster, flags)
    : await victimsOfArguments(cluster, words, flags);
  const mode = dryRunOf(flags);
  const errors: string[] = [];
  const deleted: { victim: Victim; uid: string | undefined }[] = [];
  for (const victim of victims) {
    try {
      const body = {
        kind: "DeleteOptions",
        apiVersion: "v1",
        propagationPolicy: propagationPolicy(flags),
        ...(grace === undefined ? {} : { gracePeriodSeconds: grace }),
        ...(mode === "server" ? { dryRun: ["All"] } : {}),
      };
      const answer =
        mode === "client"
          ? undefined
          : await cluster.client.json<KubeObject | Status>({
              method: "DELETE",
              path: pathOf(victim.resource, victim.namespace, victim.name),
              body: JSON.stringify(body),
            });
      deleted.push({ victim, uid: uidOf(answer) });
      const label =
        victim.resource.group === ""
          ? victim.resource.singular
          : `${victim.resource.singular}.${victim.resource.group}`;
      const forced = flags.force && grace === 0 ? "force " : "";
      const where = victim.namespace === undefined ? "" : ` from ${victim.namespace} namespace`;
      process.stdout.write(
        flags.output === "name"
          ? `${label}/${victim.name}\n`
          : `${label} "${victim.name}" ${forced}deleted${where}${dryRunSuffix(mode)}\n`,
      );
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      if (!(error.code === 404 && (flags.ignoreNotFound || flags.all || flags.selector)))
        errors.push(serverErrorLine(error));
    }
  }
  if (victims.length === 0 && errors.length === 0 && !flags.ignoreNotFound)
    process.stdout.write("No resources found\n");
  if (flags.wait !== false && String(flags.wait) !== "false" && mode === "none") {
    const timeout = parseDuration(flags.timeout);
    for (const { victim, uid } of deleted) {
      await waitUntilGone(cluster.client, { ...victim, uid, timeout: flags.force && timeout === 0 ? 0 : timeout });
    }
  }
  if (errors.length > 0) throw new ExitError(1, errors.join("\n"));
}

function uidOf(answer: KubeObject | Status | undefined): string | undefined {
  if (!answer) return undefined;
  if (answer.kind === "Status") return (answer as Status).details?.uid;
  return (answer as KubeObject).metadata.uid;
}

function graceSeconds(flags: DeleteFlags): number | undefined {
  const given = flags.gracePeriod === undefined ? undefined : Number(flags.gracePeriod);
  if (given !== undefined && !Number.isInteger(given)) {
    throw new ExitError(1, `error: invalid argument "${flags.gracePeriod}" for "--grace-period" flag`);
  }
  if (flags.now) {
    if (given !== undefined) throw new ExitError(1, "error: --now and --grace-period cannot be specified together");
    return 1;
  }
  if (given === 0 && !flags.force) {
    // As kubectl: without --force, 0 means "at once, but let the node confirm".
    return 1;
  }
  if (flags.force && given === undefined) {
    process.stderr.write(
      "Warning: Immediate deletion does not wait for confirmation that the running resource has been terminated. The resource may continue to run on the cluster indefinitely.\n",
    );
    return 0;
  }
  return given !== undefined && given < 0 ? undefined : given;
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

async function victimsOfManifests(cluster: Cluster, flags: DeleteFlags): Promise<Victim[]> {
  const victims: Victim[] = [];
  for (const manifest of await readManifests(flags.filename ?? [], Boolean(flags.recursive))) {
    const { resource, namespace, name } = await targetOf(cluster, manifest);
    if (name !== undefined) victims.push({ resource, namespace, name });
  }
  return victims;
}

async function victimsOfArguments(cluster: Cluster, words: readonly string[], flags: DeleteFlags): Promise<Victim[]> {
  const targets = await parseResourceArguments(cluster.mapping, words);
  const victims: Victim[] = [];
  for (const { resource, names } of targets) {
    const namespace = resource.namespaced ? cluster.namespace : undefined;
    if (names.length > 0) {
      victims.push(...names.map((name) => ({ resource, namespace, name })));
      continue;
    }
    if (!flags.all && !flags.selector && !flags.fieldSelector) {
      throw new ExitError(1, "error: resource(s) were provided, but no name was specified");
    }
    const list = await cluster.client.json<{ items: KubeObject[] }>({
      path: pathOf(resource, flags.allNamespaces ? undefined : namespace),
      query: { labelSelector: flags.selector, fieldSelector: flags.fieldSelector },
    });
    for (const { metadata } of list.items) {
      if (metadata.name) victims.push({ resource, namespace: metadata.namespace, name: metadata.name });
    }
  }
  return victims;
}
