import { encodeListFrame, encodeListItem } from "../../machinery/protobuf/envelope.ts";
import type { ListMeta } from "../../machinery/types/meta/v1.ts";
import type { Exchange } from "./exchange.ts";
import { acceptsGzip, gzipFrom, openBody, slice, written } from "./list-response.ts";
import { newHeaders, protobufType } from "./response.ts";

export interface ListHead {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ListMeta;
}

/** A list in protobuf. Its length stands before its items, so all are encoded first, with pauses for others. */
export async function respondProtobufList(
  exchange: Exchange,
  list: ListHead,
  itemGoName: string,
  objects: readonly object[],
  warnings: readonly string[],
): Promise<void> {
  const parts: Buffer[] = [];
  let itemsLength = 0;
  let sincePause = 0;
  for (const object of objects) {
    const part = encodeListItem(itemGoName, object);
    parts.push(part);
    itemsLength += part.length;
    sincePause += part.length;
    if (sincePause < slice) continue;
    sincePause = 0;
    await new Promise((resolve) => setImmediate(resolve));
    if (exchange.gone) return;
  }
  const [head, tail] = encodeListFrame(list, itemsLength);
  const all = [head, ...parts, tail];
  const length = head.length + itemsLength + tail.length;
  const headers = newHeaders(protobufType, warnings);
  if (length <= slice && (length < gzipFrom || !acceptsGzip(exchange))) {
    exchange.respond(200, headers, Buffer.concat(all, length));
    return;
  }
  const out = openBody(exchange, headers, length);
  let pending: Buffer[] = [];
  let size = 0;
  for (const part of all) {
    pending.push(part);
    size += part.length;
    if (size < slice) continue;
    if (!(await written(exchange, out, Buffer.concat(pending)))) return;
    pending = [];
    size = 0;
  }
  out.end(Buffer.concat(pending));
}
