import type { Writable } from "node:stream";
import { createGzip } from "node:zlib";
import type { ListMeta } from "../../machinery/types/meta/v1.ts";
import type { Page } from "../pipeline/list.ts";
import type { Resource } from "../registry/resource.ts";
import type { Exchange } from "./exchange.ts";
import { newHeaders } from "./response.ts";

/** The loop is given back after so many bytes, so that a large list holds up nobody. */
export const slice = 256 * 1024;
export const gzipFrom = 128 * 1024;
const comma = Buffer.from(",");
const end = Buffer.from("]}\n");

export function listMeta({ revision, continue: token, remainingItemCount }: Page): ListMeta {
  return {
    resourceVersion: String(revision),
    ...(token === undefined ? {} : { continue: token }),
    ...(remainingItemCount === undefined ? {} : { remainingItemCount }),
  };
}

/** A list of stored objects as they are: the head, then the bytes of each. */
export async function respondList(
  exchange: Exchange,
  resource: Resource,
  page: Page,
  warnings: readonly string[],
): Promise<void> {
  const head = Buffer.from(
    `{"kind":${JSON.stringify(resource.listKind)},"apiVersion":${JSON.stringify(resource.apiVersion)},"metadata":${JSON.stringify(listMeta(page))},"items":[`,
  );
  const { entries } = page;
  const items = resource.mixed ? entries.map(({ value }) => resource.bytesOf(value)) : undefined;
  const item = (i: number): Buffer => items?.[i] ?? (entries[i] as { readonly value: Buffer }).value;
  let length = head.length + end.length + Math.max(0, entries.length - 1);
  for (let i = 0; i < entries.length; i++) length += item(i).length;
  const headers = newHeaders("application/json", warnings);
  if (length <= slice) {
    const parts: Buffer[] = [head];
    for (let i = 0; i < entries.length; i++) {
      if (i > 0) parts.push(comma);
      parts.push(item(i));
    }
    parts.push(end);
    const body = Buffer.concat(parts, length);
    if (length < gzipFrom || !acceptsGzip(exchange)) {
      exchange.respond(200, headers, body);
      return;
    }
  }
  const out = openBody(exchange, headers, length);
  let parts: Buffer[] = [head];
  let size = head.length;
  for (let i = 0; i < entries.length; i++) {
    if (i > 0) parts.push(comma);
    const bytes = item(i);
    parts.push(bytes);
    size += bytes.length + 1;
    if (size < slice) continue;
    if (!(await written(exchange, out, Buffer.concat(parts)))) return;
    parts = [];
    size = 0;
  }
  parts.push(end);
  out.end(Buffer.concat(parts));
}

export function acceptsGzip({ headers }: Exchange): boolean {
  return headers["accept-encoding"]?.includes("gzip") === true;
}

/** gzip where the client takes it. */
export function openBody(exchange: Exchange, headers: ReturnType<typeof newHeaders>, length: number): Writable {
  if (!acceptsGzip(exchange)) {
    headers["content-length"] = length;
    return exchange.open(200, headers);
  }
  headers["content-encoding"] = "gzip";
  headers.vary = "Accept-Encoding";
  const out = exchange.open(200, headers);
  const gzip = createGzip({ level: 1, chunkSize: 64 * 1024 });
  gzip.pipe(out);
  exchange.onClose(() => gzip.destroy());
  return gzip;
}

/** False: the client went away. */
export function written(exchange: Exchange, out: Writable, bytes: Buffer): boolean | Promise<boolean> {
  if (exchange.gone || out.destroyed) return false;
  if (out.write(bytes)) return new Promise((resolve) => setImmediate(resolve, true));
  return new Promise((resolve) => {
    const settle = (going: boolean) => (): void => {
      out.off("drain", onDrain);
      out.off("close", onClose);
      resolve(going);
    };
    const onDrain = settle(true);
    const onClose = settle(false);
    out.on("drain", onDrain);
    out.on("close", onClose);
  });
}
