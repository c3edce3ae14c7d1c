/** kl describe: https://kubernetes.io/docs/reference/kubectl/generated/kubectl_describe/ */
import type { Command } from "commander";
import type { UnstructuredObject } from "../../machinery/meta/object.ts";
import { StatusError } from "../../machinery/status/error.ts";
import { addConnectionFlags, type Cluster, connect } from "../cluster.ts";
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
import { readManifests } from "../manifests/read.ts";
import { targetOf } from "../manifests/target.ts";
import { serverErrorLine } from "../print/error.ts";
import { parseResourceArguments } from "../rest/resource-arguments.ts";
import { type ApiResource, groupVersion, pathOf } from "../rest/resource-mapping.ts";

interface DescribeFlags {
  readonly filename?: string[];
  readonly recursive?: boolean;
  readonly allNamespaces?: boolean;
  readonly selector?: string;
  readonly showEvents: boolean | string;
}

/** By "kind.group". Each page knows the type of its own kind. */
const pages: Readonly<Record<string, Describer<never>>> = {
  "Pod.": describePod,
  "Node.": describeNode,
  "Service.": describeService,
  "ConfigMap.": describeConfigMap,
  "Secret.": describeSecret,
  "Namespace.": describeNamespace,
  "Deployment.apps": describeDeployment,
  "ReplicaSet.apps": describeReplicaSet,
};
const withoutEvents = new Set(["Secret.", "Namespace.", "Event.", "Event.events.k8s.io"]);

export function configure(command: Command): void {
  addConnectionFlags(command)
    .argument("[TYPE[/NAME] NAME_PREFIX...]", "what to describe")
    .allowExcessArguments()
    .option("-f, --filename <FILE...>", "file, folder or URL with manifests")
    .option("-R, --recursive", "look into folders below, too")
    .option("-A, --all-namespaces", "across all namespaces")
    .option("-l, --selector <SELECTOR>", "label selector")
    .option("--show-events [BOOLEAN]", "with the events about it", true)
    .action(async () => {
      const flags = command.opts<DescribeFlags>();
      const cluster = connect(command.opts());
      try {
        await describe(cluster, command.args, flags);
      } finally {
        cluster.client.close();
      }
    });
}

async function describe(cluster: Cluster, words: readonly string[], flags: DescribeFlags): Promise<void> {
  const { found, errors } = await objects(cluster, words, flags);
  const now = Date.now();
  let first = true;
  for (const { resource, object } of found) {
    const key = `${resource.kind}.${resource.group}`;
    const sheet = new Sheet();
    const page = (pages[key] ?? describeAnything) as Describer;
    await page(sheet, object, { cluster, now });
    if (String(flags.showEvents) !== "false" && !withoutEvents.has(key))
      await describeEvents(sheet, object, cluster, now);
    process.stdout.write(`${first ? "" : "\n\n"}${sheet}`);
    first = false;
  }
  if (errors.length > 0) throw new ExitError(1, errors.join("\n"));
  if (found.length === 0) {
    process.stderr.write(
      flags.allNamespaces ? "No resources found\n" : `No resources found in ${cluster.namespace} namespace.\n`,
    );
  }
}

interface Found {
  readonly resource: ApiResource;
  readonly object: UnstructuredObject;
}

async function objects(
  cluster: Cluster,
  words: readonly string[],
  flags: DescribeFlags,
): Promise<{ found: readonly Found[]; errors: readonly string[] }> {
  const found: Found[] = [];
  const errors: string[] = [];
  const named: { resource: ApiResource; namespace: string | undefined; names: readonly string[] }[] = [];
  if (flags.filename) {
    for (const manifest of await readManifests(flags.filename, Boolean(flags.recursive))) {
      const { resource, namespace, name } = await targetOf(cluster, manifest);
      named.push({ resource, namespace, names: name === undefined ? [] : [name] });
    }
  } else {
    for (const { resource, names } of await parseResourceArguments(cluster.mapping, words)) {
      named.push({
        resource,
        namespace: resource.namespaced && !flags.allNamespaces ? cluster.namespace : undefined,
        names,
      });
    }
  }
  for (const { resource, namespace, names } of named) {
    if (names.length === 0) {
      found.push(...(await list(cluster, resource, namespace, flags.selector)));
      continue;
    }
    for (const name of names) {
      try {
        found.push({ resource, object: await cluster.client.json({ path: pathOf(resource, namespace, name) }) });
      } catch (error) {
        if (!(error instanceof StatusError) || error.code !== 404) throw error;
        // A prefix of a name serves as well.
        const all = await list(cluster, resource, namespace, undefined);
        const matching = all.filter(({ object }) => object.metadata.name?.startsWith(name));
        if (matching.length === 0) errors.push(serverErrorLine(error));
        found.push(...matching);
      }
    }
  }
  return { found, errors };
}

async function list(
  cluster: Cluster,
  resource: ApiResource,
  namespace: string | undefined,
  labelSelector: string | undefined,
): Promise<Found[]> {
  const { items } = await cluster.client.json<{ items: UnstructuredObject[] }>({
    path: pathOf(resource, namespace),
    query: { labelSelector },
  });
  return items.map((item) => ({
    resource,
    object: { apiVersion: groupVersion(resource), kind: resource.kind, ...item },
  }));
}
