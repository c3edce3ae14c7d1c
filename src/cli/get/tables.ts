/** `kl get` for people: the server's tables, one under the other. */
import { ageSince } from "../../machinery/kinds/human-duration.ts";
import type { KubeObject } from "../../machinery/meta/object.ts";
import { StatusError } from "../../machinery/status/error.ts";
import type { ObjectMeta, Table } from "../../machinery/types/meta/v1.ts";
import type { Cluster } from "../cluster.ts";
import { ExitError } from "../exit-error.ts";
import { serverErrorLine } from "../print/error.ts";
import { alignRows, type TableOptions, tableRows } from "../print/table.ts";
import { type ApiResource, kindLabel, pathOf } from "../rest/resource-mapping.ts";
import { listPages, type Target } from "../rest/select.ts";
import type { GetFlags } from "./flags.ts";

export const tableType = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";

export function tableOptions(flags: GetFlags, resource: ApiResource, severalKinds: boolean): TableOptions {
  return {
    wide: flags.output === "wide",
    noHeaders: Boolean(flags.noHeaders),
    showNamespace: Boolean(flags.allNamespaces) && resource.namespaced,
    showLabels: Boolean(flags.showLabels),
    labelColumns: flags.labelColumns ?? [],
    ...(severalKinds || flags.showKind ? { kindPrefix: kindLabel(resource) } : {}),
  };
}

export async function printTables(cluster: Cluster, targets: readonly Target[], flags: GetFlags): Promise<void> {
  const groups = groupByResource(targets);
  const errors: string[] = [];
  let printed = 0;
  for (const [resource, members] of groups) {
    const table = await fetchTable(cluster, members, flags, errors);
    if (!table || table.rows.length === 0) continue;
    const rows = tableRows(table, tableOptions(flags, resource, groups.size > 1));
    process.stdout.write(`${printed > 0 ? "\n" : ""}${alignRows(rows)}`);
    printed += 1;
  }
  if (errors.length > 0) throw new ExitError(1, errors.join("\n"));
  if (printed === 0 && !flags.ignoreNotFound) {
    const namespaced = targets.some(({ resource }) => resource.namespaced) && !flags.allNamespaces;
    process.stderr.write(
      namespaced ? `No resources found in ${cluster.namespace} namespace.\n` : "No resources found\n",
    );
  }
}

function groupByResource(targets: readonly Target[]): Map<ApiResource, Target[]> {
  const groups = new Map<ApiResource, Target[]>();
  for (const target of targets) {
    const members = groups.get(target.resource);
    if (members) members.push(target);
    else groups.set(target.resource, [target]);
  }
  return groups;
}

/** What the server has no table for is shown by its name and age. */
function asTable(answer: Table | KubeObject): Table {
  if ("rows" in answer) return answer;
  const column = (name: string) => ({ name, type: "string", format: "", description: "", priority: 0 });
  const { name, creationTimestamp } = answer.metadata as ObjectMeta;
  return {
    metadata: {},
    columnDefinitions: [column("Name"), column("Age")],
    rows: [{ cells: [name, ageSince(creationTimestamp, Date.now())], object: { ...answer } }],
  };
}

/** The rows of all targets in one table; what the server refuses becomes a line of `errors`. */
async function fetchTable(
  cluster: Cluster,
  targets: readonly Target[],
  flags: GetFlags,
  errors: string[],
): Promise<Table | undefined> {
  const tables: Table[] = [];
  for (const { resource, namespace, name } of targets) {
    try {
      if (name === undefined) {
        const query = { labelSelector: flags.selector, fieldSelector: flags.fieldSelector };
        tables.push(
          ...(await listPages<Table>(cluster, pathOf(resource, namespace), query, tableType, flags.chunkSize)),
        );
      } else {
        const path = pathOf(resource, namespace, name, flags.subresource);
        tables.push(asTable(await cluster.client.json<Table | KubeObject>({ path, accept: tableType })));
      }
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      if (!(flags.ignoreNotFound && error.code === 404)) errors.push(serverErrorLine(error));
    }
  }
  const [first] = tables;
  if (!first) return undefined;
  const rows = tables.flatMap((page) => page.rows ?? []);
  if (flags.sortBy) {
    const { compileSortBy } = await import("../print/sort-by.ts");
    const compare = compileSortBy(flags.sortBy);
    rows.sort((a, b) => compare(a.object, b.object));
  }
  return { ...first, rows };
}
