/** kl get: https://kubernetes.io/docs/reference/kubectl/generated/kubectl_get/ */
import type { Command } from "commander";
import type { KubeObject } from "../../machinery/meta/object.ts";
import { StatusError } from "../../machinery/status/error.ts";
import type { Table } from "../../machinery/types/meta/v1.ts";
import { addConnectionFlags, type Cluster, connect } from "../cluster.ts";
import { ExitError } from "../exit-error.ts";
import { serverErrorLine } from "../print/error.ts";
import { objectPrinter } from "../print/output-format.ts";
import { alignRows, tableRows } from "../print/table.ts";
import { parseResourceArguments, type ResourceArgument } from "../rest/resource-arguments.ts";
import { type ApiResource, groupVersion, pathOf } from "../rest/resource-mapping.ts";
import { watchObjects, watchTables } from "../rest/watch-print.ts";

export interface GetFlags {
  readonly output?: string;
  readonly watch?: boolean;
  readonly watchOnly?: boolean;
  readonly allNamespaces?: boolean;
  readonly selector?: string;
  readonly fieldSelector?: string;
  readonly labelColumns?: string;
  readonly showLabels?: boolean;
  readonly headers: boolean;
  readonly ignoreNotFound?: boolean;
  readonly showManagedFields?: boolean;
  readonly sortBy?: string;
  readonly showKind?: boolean;
  readonly chunkSize: string;
  readonly raw?: string;
}

const tableType = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";

export function configure(command: Command): void {
  addConnectionFlags(command)
    .argument("[TYPE[/NAME] NAME...]", "what to get")
    .allowExcessArguments()
    .option("-o, --output <FORMAT>", "wide, yaml, json, name, jsonpath=…, custom-columns=…")
    .option("-w, --watch", "after listing, watch for changes")
    .option("--watch-only", "watch for changes without listing first")
    .option("-A, --all-namespaces", "across all namespaces")
    .option("-l, --selector <SELECTOR>", "label selector")
    .option("--field-selector <SELECTOR>", "field selector")
    .option("-L, --label-columns <LABELS>", "labels to show as columns")
    .option("--show-labels", "show all labels in the last column")
    .option("--show-kind", "show the kind with the name")
    .option("--no-headers", "without the header line")
    .option("--ignore-not-found", "print nothing and succeed where an object does not exist")
    .option("--show-managed-fields", "keep managedFields in yaml and json")
    .option("--sort-by <JSONPATH>", "sort by this field")
    .option("--chunk-size <N>", "list in pages of this many", "500")
    .option("--raw <PATH>", "print the answer to a GET of this path")
    .action(async () => {
      const flags = command.opts<GetFlags>();
      const cluster = connect(command.opts());
      try {
        if (flags.raw !== undefined) {
          process.stdout.write(await cluster.client.text({ path: flags.raw }));
          return;
        }
        await get(cluster, command.args, flags);
      } finally {
        cluster.client.close();
      }
    });
}

export async function get(cluster: Cluster, words: readonly string[], flags: GetFlags): Promise<void> {
  if (words.length === 0) {
    throw new ExitError(
      1,
      'You must specify the type of resource to get. Use "kl api-resources" for a complete list of supported resources.\n\nerror: Required resource not specified.',
    );
  }
  const targets = await parseResourceArguments(cluster.mapping, words);
  if (flags.watch || flags.watchOnly) {
    const [target] = targets;
    if (targets.length !== 1 || !target) throw new ExitError(1, "error: you may only specify a single resource type");
    await watch(cluster, target, flags);
    return;
  }
  if (flags.output && flags.output !== "wide") await printObjects(cluster, targets, flags);
  else await printTables(cluster, targets, flags);
}

function namespaceFor(cluster: Cluster, resource: ApiResource, flags: GetFlags): string | undefined {
  return resource.namespaced && !flags.allNamespaces ? cluster.namespace : undefined;
}

function selectors(flags: GetFlags): Record<string, string | undefined> {
  return { labelSelector: flags.selector, fieldSelector: flags.fieldSelector };
}

async function printTables(cluster: Cluster, targets: readonly ResourceArgument[], flags: GetFlags): Promise<void> {
  const errors: string[] = [];
  let printed = 0;
  const severalKinds = new Set(targets.map(({ resource }) => resource)).size > 1;
  for (const target of targets) {
    const tables: Table[] = [];
    const collect = async (path: string, query = {}): Promise<void> => {
      try {
        tables.push(...(await pages<Table>(cluster, path, query, tableType, Number(flags.chunkSize))));
      } catch (error) {
        if (!(error instanceof StatusError)) throw error;
        if (!(flags.ignoreNotFound && error.code === 404)) errors.push(serverErrorLine(error));
      }
    };
    const namespace = namespaceFor(cluster, target.resource, flags);
    if (target.names.length === 0) await collect(pathOf(target.resource, namespace), selectors(flags));
    for (const name of target.names) await collect(pathOf(target.resource, namespace, name));
    const [first] = tables;
    if (!first) continue;
    const table = { ...first, rows: tables.flatMap((page) => page.rows ?? []) };
    if (table.rows.length === 0) continue;
    if (flags.sortBy) await sortRows(table, flags.sortBy);
    const rows = tableRows(table, {
      wide: flags.output === "wide",
      noHeaders: !flags.headers,
      showNamespace: Boolean(flags.allNamespaces) && target.resource.namespaced,
      showLabels: Boolean(flags.showLabels),
      labelColumns: flags.labelColumns?.split(",") ?? [],
      ...(severalKinds || flags.showKind ? { kindPrefix: kindPrefix(target.resource) } : {}),
    });
    process.stdout.write(`${printed > 0 ? "\n" : ""}${alignRows(rows)}`);
    printed += 1;
  }
  if (errors.length > 0) throw new ExitError(1, errors.join("\n"));
  if (printed === 0 && !flags.ignoreNotFound) {
    const anyNamespaced = targets.some(({ resource }) => resource.namespaced);
    process.stderr.write(
      anyNamespaced && !flags.allNamespaces
        ? `No resources found in ${cluster.namespace} namespace.\n`
        : "No resources found\n",
    );
  }
}

function kindPrefix(resource: ApiResource): string {
  return resource.group === "" ? resource.singular : `${resource.singular}.${resource.group}`;
}

async function sortRows(table: { rows: Table["rows"] }, expression: string): Promise<void> {
  const { compileSortBy } = await import("../print/sort-by.ts");
  const key = compileSortBy(expression);
  table.rows = [...table.rows].sort((a, b) => key(a.object, b.object));
}

/** Follows `continue` to the end. */
async function pages<T extends { metadata: { continue?: string } }>(
  cluster: Cluster,
  path: string,
  query: Record<string, string | undefined>,
  accept: string,
  limit: number,
): Promise<T[]> {
  const collected: T[] = [];
  let token: string | undefined;
  do {
    const page = await cluster.client.json<T>({
      path,
      query: { ...query, limit: limit || undefined, continue: token },
      accept,
    });
    collected.push(page);
    token = page.metadata?.continue || undefined;
  } while (token);
  return collected;
}

async function printObjects(cluster: Cluster, targets: readonly ResourceArgument[], flags: GetFlags): Promise<void> {
  const print = await objectPrinter(flags.output ?? "", {
    showManagedFields: Boolean(flags.showManagedFields),
    noHeaders: !flags.headers,
  });
  const items: KubeObject[] = [];
  const errors: string[] = [];
  let listed = false;
  for (const { resource, names } of targets) {
    const namespace = namespaceFor(cluster, resource, flags);
    if (names.length === 0) {
      listed = true;
      const parts = await pages<{ metadata: { continue?: string }; items: KubeObject[] }>(
        cluster,
        pathOf(resource, namespace),
        selectors(flags),
        "application/json",
        Number(flags.chunkSize),
      );
      // Items of a typed list carry no kind of their own.
      for (const item of parts.flatMap((part) => part.items ?? [])) {
        items.push({ apiVersion: groupVersion(resource), kind: resource.kind, ...item });
      }
    }
    for (const name of names) {
      try {
        items.push(await cluster.client.json<KubeObject>({ path: pathOf(resource, namespace, name) }));
      } catch (error) {
        if (!(error instanceof StatusError)) throw error;
        if (!(flags.ignoreNotFound && error.code === 404)) errors.push(serverErrorLine(error));
      }
    }
  }
  if (flags.sortBy) {
    const { compileSortBy } = await import("../print/sort-by.ts");
    items.sort(compileSortBy(flags.sortBy));
  }
  const single = !listed && items.length === 1 ? items[0] : undefined;
  if (single) process.stdout.write(print(single));
  else if (listed || items.length > 0) {
    process.stdout.write(print({ apiVersion: "v1", kind: "List", metadata: { resourceVersion: "" }, items }));
  }
  if (errors.length > 0) throw new ExitError(1, errors.join("\n"));
}

async function watch(cluster: Cluster, target: ResourceArgument, flags: GetFlags): Promise<void> {
  const [name, ...others] = target.names;
  if (others.length > 0)
    throw new ExitError(1, "error: watch is only supported on individual resources and resource collections");
  const query = {
    ...selectors(flags),
    ...(name === undefined ? {} : { fieldSelector: `metadata.name=${name}` }),
  };
  const options = {
    client: cluster.client,
    path: pathOf(target.resource, namespaceFor(cluster, target.resource, flags)),
    query,
    skipExisting: Boolean(flags.watchOnly),
  };
  if (flags.output && flags.output !== "wide") {
    const print = await objectPrinter(flags.output, {
      showManagedFields: Boolean(flags.showManagedFields),
      noHeaders: !flags.headers,
    });
    await watchObjects(options, (object) => process.stdout.write(print(object)));
    return;
  }
  await watchTables(
    { ...options, accept: tableType },
    {
      wide: flags.output === "wide",
      noHeaders: !flags.headers,
      showNamespace: Boolean(flags.allNamespaces) && target.resource.namespaced,
      showLabels: Boolean(flags.showLabels),
      labelColumns: flags.labelColumns?.split(",") ?? [],
    },
    (text) => process.stdout.write(text),
  );
}
