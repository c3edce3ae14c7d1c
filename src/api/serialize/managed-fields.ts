/**
 * metadata.managedFields lives in the stored bytes alone, right behind the resourceVersion: it is as long as the rest of an
 * object, and hardly anybody in this process looks at it. Objects that are parsed to be shared do without.
 */
import type { UnstructuredObject } from "../../machinery/meta/object.ts";

const revisionKey = Buffer.from('"metadata":{"resourceVersion":"');
const managedKey = Buffer.from('","managedFields":');
/** FieldsV1 has no lists, and quotes within strings are escaped: nothing else in the list ends so. */
const listEnd = Buffer.from('}],"');
/** apiVersion and kind are before it. */
const maxHead = 1024;
const quote = 0x22;

/** Where the list begins and ends in stored bytes; undefined: there is none. */
function placeOf(value: Buffer): { readonly start: number; readonly end: number } | undefined {
  const revision = value.indexOf(revisionKey);
  if (revision < 0 || revision > maxHead) return undefined;
  const key = value.indexOf(quote, revision + revisionKey.length);
  const start = key + managedKey.length;
  if (key < 0 || start > value.length || managedKey.compare(value, key, start) !== 0) return undefined;
  const end = value.indexOf(listEnd, start);
  return end < 0 ? undefined : { start, end: end + 2 };
}

/** The list as it was given to templateOf(): JSON, "" for none. */
export function managedFieldsText(value: Buffer): string {
  const place = placeOf(value);
  return place === undefined ? "" : value.toString("utf8", place.start, place.end);
}

/** The object without the list. */
export function parseLean(value: Buffer): UnstructuredObject {
  const place = placeOf(value);
  if (place === undefined) return JSON.parse(value.toString("utf8")) as UnstructuredObject;
  const { start, end } = place;
  // Between the quote that ends the revision and the comma behind the list.
  const text = value.toString("utf8", 0, start - managedKey.length + 1) + value.toString("utf8", end);
  return JSON.parse(text) as UnstructuredObject;
}

/** A copy of a lean object with the list in its place; the caller's own down to the metadata. */
export function withManagedFields(object: UnstructuredObject, text: string): UnstructuredObject {
  if (text === "") return object;
  return { ...object, metadata: { ...object.metadata, managedFields: JSON.parse(text) } };
}
