/**
 * Stored bytes are parsed at most once, and the object is shared by everybody who reads it: selectors, tables, informers,
 * controllers. So nobody may write into it; KL_FREEZE=1 (set in tests) makes a write throw.
 */
import type { UnstructuredObject } from "../../machinery/meta/object.ts";
import { parseLean } from "./managed-fields.ts";

const parsed = new WeakMap<Buffer, UnstructuredObject>();
const freezes = process.env.KL_FREEZE === "1" || process.env.VITEST !== undefined;

/** Without metadata.managedFields: see managed-fields.ts. */
export function parsedOf(value: Buffer): UnstructuredObject {
  let object = parsed.get(value);
  if (object === undefined) {
    object = share(parseLean(value));
    parsed.set(value, object);
  }
  return object;
}

/** `object` is what parsedOf() would make of `value`; the caller gives it away. */
export function rememberParsed(value: Buffer, object: UnstructuredObject): void {
  parsed.set(value, share(object));
}

/** From here on the object is read-only. */
export function share<T extends object>(object: T): T {
  return freezes ? deepFreeze(object) : object;
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const inner of Object.values(value)) deepFreeze(inner);
  return value;
}
