import type { UnstructuredObject } from "../../machinery/meta/object.ts";
import type { Template } from "../../store/types.ts";
import { withManagedFields } from "./managed-fields.ts";

/**
 * The one serialisation of an accepted write. apiVersion, kind and metadata.resourceVersion come first, so that the slot
 * for the revision, and the kind of stored bytes, are at a place that is known without parsing; behind the revision stands
 * `managedFields` (JSON, "" for none), which the object itself does not have.
 */
export function templateOf(object: UnstructuredObject, managedFields: string): Template {
  const head = headOf(object.apiVersion ?? "", object.kind ?? "");
  const text = head + tailOf(object, managedFields);
  return { bytes: Buffer.from(text, "utf8"), slot: head.length };
}

/** The same bytes for an object that is not stored (a dry run): it keeps the resourceVersion it has, if any. */
export function bytesOf(object: UnstructuredObject, managedFields = ""): Buffer {
  return Buffer.from(JSON.stringify(withManagedFields(object, managedFields)), "utf8");
}

const heads = new Map<string, string>();

/** `{"apiVersion":"v1","kind":"Pod","metadata":{"resourceVersion":"`, ASCII. */
export function headOf(apiVersion: string, kind: string): string {
  const key = `${apiVersion}\0${kind}`;
  let head = heads.get(key);
  if (head === undefined) {
    head = `{"apiVersion":${JSON.stringify(apiVersion)},"kind":${JSON.stringify(kind)},"metadata":{"resourceVersion":"`;
    heads.set(key, head);
  }
  return head;
}

function tailOf(object: UnstructuredObject, managedFields: string): string {
  const { resourceVersion: _, ...metadata } = object.metadata;
  const { apiVersion: _a, kind: _k, metadata: _m, ...rest } = object;
  const inner = JSON.stringify(metadata);
  const outer = JSON.stringify(rest);
  const managed = managedFields === "" ? "" : `,"managedFields":${managedFields}`;
  return `"${managed}${inner === "{}" ? "}" : `,${inner.slice(1)}`}${outer === "{}" ? "}" : `,${outer.slice(1)}`}`;
}

const quote = 0x22;

/** A copy of stored bytes that carries another revision. `head` is headOf() of what is stored. */
export function withRevision(value: Buffer, head: string, revision: number): Buffer {
  const end = value.indexOf(quote, head.length);
  const digits = Buffer.from(String(revision), "latin1");
  return Buffer.concat([value.subarray(0, head.length), digits, value.subarray(end)]);
}
