/** JSON merge patch, RFC 7396. */
import { deepEqual, getKey, isObject, type JsonObject, setKey } from "../meta/immutable.ts";

/** A new value that shares with `target` whatever the patch does not touch; `target` itself when it changes nothing. */
export function applyMergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const original: JsonObject = isObject(target) ? target : {};
  let copy: JsonObject | undefined = isObject(target) ? undefined : {};
  for (const key of Object.keys(patch)) {
    const change = patch[key];
    const current = getKey(original, key);
    if (change === null) {
      if (current === undefined && !Object.hasOwn(original, key)) continue;
      copy ??= { ...original };
      delete copy[key];
      continue;
    }
    const next = applyMergePatch(current, change);
    if (next === current) continue;
    copy ??= { ...original };
    setKey(copy, key, next);
  }
  return copy ?? original;
}

/** The patch that turns `from` into `to`. Neither may hold nulls: a merge patch cannot set one. */
export function createMergePatch(from: JsonObject, to: JsonObject): JsonObject {
  const patch: JsonObject = {};
  for (const key of Object.keys(from)) if (!Object.hasOwn(to, key)) setKey(patch, key, null);
  for (const key of Object.keys(to)) {
    const before = getKey(from, key);
    const after = to[key];
    if (isObject(before) && isObject(after)) {
      const inner = createMergePatch(before, after);
      if (Object.keys(inner).length > 0) setKey(patch, key, inner);
    } else if (!deepEqual(before, after)) setKey(patch, key, after);
  }
  return patch;
}
