/** kl describe: https://kubernetes.io/docs/reference/kubectl/generated/kubectl_describe/ */
import { type Cluster, withCluster } from "../cluster.ts";
import { defineCommand } from "../command.ts";
import { describeEndpoints, describeServiceAccount } from "../describe/accounts-and-endpoints.ts";
import { describeEvents } from "../describe/events.ts";
import { describeNode } from "../describe/node.ts";
import { describePod } from "../describe/pod.ts";
import { Sheet } from "../describe/sheet.ts";
import {
  describeAnything,
  describeConfigMap,
  describeNamespace,
  describeSecret,
  describeService,
} from "../describe/simple.ts";
import type { Describer } from "../describe/types.ts";
import { describeDeployment, describeReplicaSet } from "../describe/workloads.ts";
import { ExitError } from "../exit-error.ts";
import { manifestFlags } from "../manifests/flags.ts";
import { type Found, fetchTargets, listObjects, type SelectFlags, selectTargets, type Target } from "../rest/select.ts";

interface DescribeFlags extends SelectFlags {
  readonly showEvents: boolean;
}

/** By "kind.group". Each page knows the type of its own kind. */
const pages: Readonly<Record<string, Describer<never>>> = {
  "Pod.": describePod,
  "Node.": describeNode,
  "Service.": describeService,
  "ConfigMap.": describeConfigMap,
  "Secret.": describeSecret,
  "Namespace.": describeNamespace,
  "ServiceAccount.": describeServiceAccount,
  "Endpoints.": describeEndpoints,
  "Deployment.apps": describeDeployment,
  "ReplicaSet.apps": describeReplicaSet,
};
const withoutEvents = new Set(["Secret.", "Namespace.", "Event.", "Event.events.k8s.io"]);

export const command = defineCommand<DescribeFlags>({
  usage: "(-f FILENAME | TYPE [NAME_PREFIX | -l SELECTOR] | TYPE/NAME…) [flags]",
  flags: {
    ...manifestFlags,
    "all-namespaces": { type: "bool", short: "A", usage: "across all namespaces" },
    selector: { type: "string", short: "l", usage: "label selector" },
    "show-events": { type: "bool", usage: "with the events about it", default: true },
    "chunk-size": { type: "int", usage: "list in pages of this many; 0: all at once", default: 500 },
  },
  run: ({ words, flags }) => withCluster(flags, (cluster) => describe(cluster, words, flags)),
});

async function describe(cluster: Cluster, words: readonly string[], flags: DescribeFlags): Promise<void> {
  if (words.length === 0 && !flags.filename) {
    throw new ExitError(
      1,
      'error: You must specify the type of resource to describe. Use "kl api-resources" for a complete list of supported resources.',
    );
  }
  const targets = await selectTargets(cluster, words, flags, { listing: true });
  const { found, errors } = await objects(cluster, targets, flags);
  const now = Date.now();
  let first = true;
  for (const { target, object, byPrefix } of found) {
    const key = `${target.resource.kind}.${target.resource.group}`;
    const sheet = new Sheet();
    const page = (pages[key] ?? describeAnything) as Describer;
    await page(sheet, object, { cluster, now });
    if (flags.showEvents && !withoutEvents.has(key)) await describeEvents(sheet, object, cluster, now);
    process.stdout.write(`${first ? "" : "\n\n"}${sheet}${byPrefix ? "\n" : ""}`);
    first = false;
  }
  if (errors.length > 0) throw new ExitError(1, errors.join("\n"));
  if (found.length === 0) {
    process.stderr.write(
      flags.allNamespaces ? "No resources found\n" : `No resources found in ${cluster.namespace} namespace.\n`,
    );
  }
}

/** kubectl ends the page of an object with an empty line when only the beginning of its name was given. */
interface Described extends Found {
  readonly byPrefix?: boolean;
}

/** A name that does not exist may be the beginning of others. */
async function objects(
  cluster: Cluster,
  targets: readonly Target[],
  flags: DescribeFlags,
): Promise<{ found: readonly Described[]; errors: readonly string[] }> {
  const found: Described[] = [];
  const errors: string[] = [];
  for (const target of targets) {
    const exact = await fetchTargets(cluster, [target], flags);
    const { name } = target;
    if (name === undefined || exact.errors.length === 0) {
      found.push(...exact.found);
      errors.push(...exact.errors);
      continue;
    }
    const all = await listObjects(cluster, target, {});
    const matching = all.filter(({ metadata }) => metadata.name?.startsWith(name));
    if (matching.length === 0) errors.push(...exact.errors);
    found.push(...matching.map((object) => ({ target, object, byPrefix: true })));
  }
  return { found, errors };
}
