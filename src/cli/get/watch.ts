/** `kl get -w`: a first list, then a watch from there, each row or object printed as it comes. */
import type { KubeObject } from "../../machinery/meta/object.ts";
import { StatusError } from "../../machinery/status/error.ts";
import type { Status, Table } from "../../machinery/types/meta/v1.ts";
import type { Cluster } from "../cluster.ts";
import { ExitError } from "../exit-error.ts";
import { objectPrinter } from "../print/output-format.ts";
import { alignRows, tableRows } from "../print/table.ts";
import { type ApiResource, pathOf } from "../rest/resource-mapping.ts";
import { selectTargets, type Target } from "../rest/select.ts";
import { eventsOf } from "../rest/watch-events.ts";
import type { GetFlags } from "./flags.ts";
import { tableOptions, tableType } from "./tables.ts";

type Listed = { readonly metadata: { readonly resourceVersion?: string } };

export async function watch(cluster: Cluster, words: readonly string[], flags: GetFlags): Promise<void> {
  const asTable = !flags.output || flags.output === "wide";
  const print = asTable ? undefined : await objectPrinterFor(flags);
  const targets = await selectTargets(cluster, words, flags, { listing: true });
  const [target] = targets;
  if (!target || targets.some(({ resource }) => resource !== target.resource)) {
    throw new ExitError(1, "error: you may only specify a single resource type");
  }
  if (targets.length > 1) {
    throw new ExitError(1, "error: watch is only supported on individual resources and resource collections");
  }
  if (print) {
    await follow<Listed & { items?: KubeObject[] }>(
      cluster,
      target,
      flags,
      "application/json",
      ({ items = [] }) => {
        for (const object of items) print("ADDED", object);
      },
      (type, object) => print(type, object as unknown as KubeObject),
    );
    return;
  }
  const printTable = tablePrinter(flags, target.resource);
  await follow<Table>(cluster, target, flags, tableType, (table) => printTable("ADDED", table), printTable);
}

async function objectPrinterFor(flags: GetFlags): Promise<(type: string, object: KubeObject) => void> {
  const print = await objectPrinter(flags.output ?? "", {
    showManagedFields: Boolean(flags.showManagedFields),
    noHeaders: Boolean(flags.noHeaders),
    ...(flags.template ? { template: flags.template } : {}),
  });
  return (type, object) => process.stdout.write(print(flags.outputWatchEvents ? { type, object } : object));
}

function tablePrinter(flags: GetFlags, resource: ApiResource): (type: string, page: Table) => void {
  const options = tableOptions(flags, resource, false);
  const widths: number[] = [];
  let columns: Table["columnDefinitions"] | undefined;
  let headerDue = !options.noHeaders;
  return (type, page) => {
    // Events after the first carry rows alone.
    columns = page.columnDefinitions?.length ? page.columnDefinitions : columns;
    if (!columns || page.rows.length === 0) return;
    const rows = tableRows({ ...page, columnDefinitions: columns }, { ...options, noHeaders: !headerDue });
    const shown = flags.outputWatchEvents
      ? rows.map((row, index) => [headerDue && index === 0 ? "EVENT" : type, ...row])
      : rows;
    headerDue = false;
    process.stdout.write(alignRows(shown, widths));
  };
}

async function follow<L extends Listed>(
  cluster: Cluster,
  target: Target,
  flags: GetFlags,
  accept: string,
  onList: (list: L) => void,
  onEvent: (type: string, object: L) => void,
): Promise<void> {
  const path = pathOf(target.resource, target.namespace);
  const query = {
    labelSelector: flags.selector,
    fieldSelector: target.name === undefined ? flags.fieldSelector : `metadata.name=${target.name}`,
  };
  // A name that does not exist is an error, as it is without --watch.
  if (target.name !== undefined)
    await cluster.client.json({ path: pathOf(target.resource, target.namespace, target.name) });
  const list = await cluster.client.json<L>({ path, accept, query });
  if (!flags.watchOnly) onList(list);
  const response = await cluster.client.open({
    path,
    accept,
    query: { ...query, watch: true, resourceVersion: list.metadata.resourceVersion },
  });
  for await (const event of eventsOf(response)) {
    if (event.type === "ERROR") throw new StatusError(event.object as Status);
    if (event.type !== "BOOKMARK") onEvent(event.type, event.object as L);
  }
}
