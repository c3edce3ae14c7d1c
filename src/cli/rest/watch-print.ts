/** What `get -w` follows: a first list, then a watch from there, each row printed as it comes. */
import type { IncomingMessage } from "node:http";
import type { KubeObject } from "../../machinery/meta/object.ts";
import { StatusError } from "../../machinery/status/error.ts";
import type { Status, Table } from "../../machinery/types/meta/v1.ts";
import { alignRows, type TableOptions, tableRows } from "../print/table.ts";
import type { RestClient } from "./client.ts";

export interface WatchPrintOptions {
  readonly client: RestClient;
  readonly path: string;
  readonly query: Readonly<Record<string, string | undefined>>;
  readonly accept?: string;
  readonly skipExisting: boolean;
}

interface RawEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  readonly object: unknown;
}

export async function watchTables(
  options: WatchPrintOptions,
  table: Omit<TableOptions, "kindPrefix">,
  write: (text: string) => void,
): Promise<void> {
  const widths: number[] = [];
  let columns: Table["columnDefinitions"] | undefined;
  let headerDue = !table.noHeaders;
  const print = (page: Table): void => {
    // Events after the first carry rows alone.
    columns = page.columnDefinitions?.length ? page.columnDefinitions : columns;
    if (!columns || page.rows.length === 0) return;
    const rows = tableRows({ ...page, columnDefinitions: columns }, { ...table, noHeaders: !headerDue });
    headerDue = false;
    write(alignRows(rows, widths));
  };
  await follow<Table>(
    options,
    (list) => print(list),
    (_type, object) => print(object),
  );
}

export async function watchObjects(options: WatchPrintOptions, print: (object: KubeObject) => void): Promise<void> {
  await follow<{ metadata: { resourceVersion?: string }; items: KubeObject[] }>(
    options,
    (list) => list.items.forEach(print),
    (_type, object) => print(object as unknown as KubeObject),
  );
}

async function follow<L extends { metadata: { resourceVersion?: string } }>(
  options: WatchPrintOptions,
  onList: (list: L) => void,
  onEvent: (type: string, object: L) => void,
): Promise<void> {
  const request = { path: options.path, ...(options.accept ? { accept: options.accept } : {}) };
  const list = await options.client.json<L>({ ...request, query: options.query });
  if (!options.skipExisting) onList(list);
  const response = await options.client.open({
    ...request,
    query: { ...options.query, watch: true, resourceVersion: list.metadata.resourceVersion },
  });
  for await (const event of eventsOf(response)) {
    if (event.type === "ERROR") throw new StatusError(event.object as Status);
    if (event.type !== "BOOKMARK") onEvent(event.type, event.object as L);
  }
}

/** One JSON document a line. */
export async function* eventsOf(response: IncomingMessage): AsyncGenerator<RawEvent> {
  response.setEncoding("utf8");
  let rest = "";
  for await (const chunk of response) {
    rest += chunk as string;
    for (let end = rest.indexOf("\n"); end >= 0; end = rest.indexOf("\n")) {
      const line = rest.slice(0, end);
      rest = rest.slice(end + 1);
      if (line.trim() !== "") yield JSON.parse(line) as RawEvent;
    }
  }
}
