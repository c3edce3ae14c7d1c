import type { UnstructuredObject } from "../../machinery/meta/object.ts";
import type { StatusError } from "../../machinery/status/error.ts";
import type { Revision } from "../../store/types.ts";
import type { Resource } from "../registry/resource.ts";
import { share } from "../serialize/parsed.ts";
import type { Change } from "./changes.ts";

/** How changes reach a watcher: bytes of JSON lines, tables, or objects. What `encode` gives is shared by all watchers alike. */
export interface WatchFormat<C> {
  /** Equal for formats that encode alike. */
  readonly id: string;
  encode(resource: Resource, changes: readonly Change[]): C;
  bookmark(resource: Resource, revision: Revision, initialEventsEnd: boolean): C;
  error(error: StatusError): C;
}

export function bookmarkObject(
  { apiVersion, kind }: Resource,
  revision: Revision,
  initialEventsEnd: boolean,
): UnstructuredObject {
  return {
    kind,
    apiVersion,
    metadata: {
      resourceVersion: String(revision),
      ...(initialEventsEnd ? { annotations: { "k8s.io/initial-events-end": "true" } } : {}),
    },
  };
}

const heads = {
  ADDED: Buffer.from('{"type":"ADDED","object":'),
  MODIFIED: Buffer.from('{"type":"MODIFIED","object":'),
  DELETED: Buffer.from('{"type":"DELETED","object":'),
} as const;
const tail = Buffer.from("}\n");

/** The stored bytes between two constants. */
export const jsonLines: WatchFormat<Buffer> = {
  id: "json",
  encode(resource, changes) {
    const parts: Buffer[] = [];
    for (const { type, value } of changes) parts.push(heads[type], resource.bytesOf(value), tail);
    return Buffer.concat(parts);
  },
  bookmark: (resource, revision, initialEventsEnd) =>
    line("BOOKMARK", bookmarkObject(resource, revision, initialEventsEnd)),
  error: (error) => line("ERROR", error.status),
};

function line(type: string, object: object): Buffer {
  return Buffer.from(`${JSON.stringify({ type, object })}\n`);
}

/** JSON lines of something made of each object: a Table of one row, its metadata alone. `whole`: with managedFields. */
export function transformedLines(
  id: string,
  transform: (resource: Resource, object: UnstructuredObject) => object,
  whole = false,
): WatchFormat<Buffer> {
  return {
    id,
    encode(resource, changes) {
      let text = "";
      for (const { type, value } of changes) {
        text += `${JSON.stringify({ type, object: transform(resource, whole ? resource.wholeOf(value) : resource.objectOf(value)) })}\n`;
      }
      return Buffer.from(text);
    },
    bookmark: (resource, revision, end) =>
      line("BOOKMARK", transform(resource, bookmarkObject(resource, revision, end))),
    error: (error) => line("ERROR", error.status),
  };
}

export type ObjectEvent =
  | { readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK"; readonly object: UnstructuredObject }
  | { readonly type: "ERROR"; readonly error: StatusError };

/** For watchers in this process. */
export const sharedObjects: WatchFormat<readonly ObjectEvent[]> = {
  id: "objects",
  encode: (resource, changes) => changes.map(({ type, value }) => ({ type, object: resource.objectOf(value) })),
  bookmark: (resource, revision, initialEventsEnd) => [
    { type: "BOOKMARK", object: share(bookmarkObject(resource, revision, initialEventsEnd)) },
  ],
  error: (error) => [{ type: "ERROR", error }],
};
