/**
 * Changing objects that are shared with everybody: only what lies on the path to the change is copied, the rest stays
 * shared. Values are plain JSON.
 */

export type JsonObject = Record<string, unknown>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** object[key] = value, for keys that come from anywhere: "__proto__" becomes a key like any other. */
export function setKey(object: JsonObject, key: string, value: unknown): void {
  if (key === "__proto__") {
    Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
  } else object[key] = value;
}

/** object[key] where it is the object's own. */
export function getKey(object: JsonObject, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

/**
 * A copy of `object` in which the field at `path` is `value`; undefined removes it. Missing parents are made. Gives
 * `object` itself when nothing would change.
 */
export function setIn<T extends object>(object: T, path: readonly string[], value: unknown): T {
  return set(object as JsonObject, path, 0, value) as T;
}

function set(object: JsonObject, path: readonly string[], depth: number, value: unknown): JsonObject {
  const key = path[depth];
  if (key === undefined) throw new Error("an empty path names no field");
  const current = getKey(object, key);
  let next = value;
  if (depth < path.length - 1) {
    if (value === undefined && !isObject(current)) return object;
    next = set(isObject(current) ? current : {}, path, depth + 1, value);
  }
  if (next === current) return object;
  const copy = { ...object };
  if (next === undefined) delete copy[key];
  else setKey(copy, key, next);
  return copy;
}

/** The value at a path, undefined where there is none. */
export function getIn(object: object, path: readonly string[]): unknown {
  let value: unknown = object;
  for (const key of path) {
    if (!isObject(value)) return undefined;
    value = getKey(value, key);
  }
  return value;
}

/** A copy that shares nothing. Quicker than structuredClone for JSON. */
export function deepCopy<T>(value: T): T {
  if (Array.isArray(value)) return value.map(deepCopy) as T;
  if (!isObject(value)) return value;
  const copy: JsonObject = {};
  for (const key in value) setKey(copy, key, deepCopy((value as JsonObject)[key]));
  return copy as T;
}

/** Whether two JSON values are the same, the order of keys aside. */
export function deepEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, i) => deepEqual(item, b[i]));
  }
  if (!isObject(a) || !isObject(b)) return false;
  let keys = 0;
  for (const key in a) {
    keys++;
    if (!Object.hasOwn(b, key) || !deepEqual(a[key], b[key])) return false;
  }
  for (const _ in b) keys--;
  return keys === 0;
}

/** For tests and for development: whoever changes a shared object is caught in the act. */
export function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) deepFreeze(inner);
  }
  return value;
}
