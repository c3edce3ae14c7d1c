/**
 * Making strategic merge patches, as kubectl's client-side apply does: two-way (from a to b) and three-way (what the user
 * last applied, what they apply now, what the server has).
 */
import { deepEqual, getKey, isObject, type JsonObject, setKey } from "../meta/immutable.ts";
import type { Schema } from "../schema/types.ts";
import { type Identity, ItemIndex, identityBy, orderElements } from "./element-order.ts";
import { deletePrefix, directive, fieldMeta, orderPrefix, type PatchMeta, retainKeysDirective } from "./patch-meta.ts";

interface Parts {
  readonly deletions: boolean;
  readonly changes: boolean;
}

/** applyStrategicPatch(from, patch) is `to`. Empty when they are the same. */
export function createTwoWayPatch(from: JsonObject, to: JsonObject, schema: Schema): JsonObject {
  return diffObjects(from, to, schema, { deletions: true, changes: true }, false);
}

/**
 * What turns `current` into `modified` while leaving alone what others set: fields are removed only when they stood in
 * `original` (kubectl.kubernetes.io/last-applied-configuration) and stand in `modified` no more.
 */
export function createThreeWayPatch(
  original: JsonObject,
  modified: JsonObject,
  current: JsonObject,
  schema: Schema,
): JsonObject {
  const changes = diffObjects(current, modified, schema, { deletions: false, changes: true }, false);
  const deletions = diffObjects(original, modified, schema, { deletions: true, changes: false }, false);
  return mergePatches(deletions, changes, schema);
}

function diffObjects(
  from: JsonObject,
  to: JsonObject,
  schema: Schema | undefined,
  parts: Parts,
  retainKeys: boolean,
): JsonObject {
  const patch: JsonObject = {};
  let added = false;
  for (const key of Object.keys(to)) {
    const after = to[key];
    if (!Object.hasOwn(from, key)) {
      added = true;
      if (parts.changes) setKey(patch, key, after);
      continue;
    }
    diffField(patch, key, from[key], after, fieldMeta(schema, key), parts);
  }
  if (parts.deletions) {
    for (const key of Object.keys(from)) if (!Object.hasOwn(to, key)) setKey(patch, key, null);
  }
  if (retainKeys && (Object.keys(patch).length > 0 || added)) patch[retainKeysDirective] = Object.keys(to).sort();
  return patch;
}

function diffField(
  patch: JsonObject,
  key: string,
  before: unknown,
  after: unknown,
  meta: PatchMeta,
  parts: Parts,
): void {
  if (isObject(before) && isObject(after) && meta.mergesObject) {
    const inner = diffObjects(before, after, meta.schema, parts, meta.retainKeys);
    if (Object.keys(inner).length > 0) setKey(patch, key, inner);
  } else if (Array.isArray(before) && Array.isArray(after) && meta.mergesList) {
    diffLists(patch, key, before, after, meta, parts);
  } else if (parts.changes && !deepEqual(before, after)) setKey(patch, key, after);
}

function diffLists(
  patch: JsonObject,
  key: string,
  before: readonly unknown[],
  after: readonly unknown[],
  meta: PatchMeta,
  parts: Parts,
): void {
  const { mergeKey } = meta;
  const identity = identityBy(mergeKey);
  if (before.length === 0) {
    if (parts.changes && after.length > 0) setKey(patch, key, after);
    return;
  }
  const known = new ItemIndex(before, identity);
  const items: unknown[] = [];
  const gone: unknown[] = [];
  for (const item of after) {
    const at = known.of(item);
    const old = before[at];
    if (at < 0) {
      if (parts.changes) items.push(item);
    } else if (mergeKey !== undefined && isObject(old) && isObject(item)) {
      const inner = diffObjects(old, item, meta.schema?.items, parts, meta.retainKeys);
      if (Object.keys(inner).length > 0) items.push({ ...inner, [mergeKey]: identity(item) });
    }
  }
  if (parts.deletions) {
    const wanted = new ItemIndex(after, identity);
    for (const item of before) if (!wanted.has(item)) gone.push(identity(item));
  }
  if (mergeKey !== undefined) items.push(...gone.map((id) => ({ [directive]: "delete", [mergeKey]: id })));
  else if (gone.length > 0) setKey(patch, deletePrefix + key, gone);
  if (items.length > 0) setKey(patch, key, items);
  const changed = items.length > 0 || (mergeKey === undefined && gone.length > 0);
  if (changed || !sameOrder(before, after, identity)) {
    const order = mergeKey === undefined ? [...after] : after.map((item) => ({ [mergeKey]: identity(item) }));
    setKey(patch, orderPrefix + key, order);
  }
}

/** Whether what both have stands in the same order. What only one has needs no order of its own. */
function sameOrder(before: readonly unknown[], after: readonly unknown[], identity: Identity): boolean {
  const place = new ItemIndex(after, identity);
  let last = -1;
  for (const item of before) {
    const at = place.of(item);
    if (at < 0) continue;
    if (at < last) return false;
    last = at;
  }
  return true;
}

/** Two patches of the same object as one. They were made against the same goal, so that their directives agree. */
function mergePatches(first: JsonObject, second: JsonObject, schema: Schema | undefined): JsonObject {
  const merged: JsonObject = { ...first };
  for (const key of Object.keys(second)) {
    const value = second[key];
    const known = getKey(merged, key);
    const meta = fieldMeta(schema, key);
    if (isObject(known) && isObject(value)) setKey(merged, key, mergePatches(known, value, meta.schema));
    else if (Array.isArray(known) && Array.isArray(value) && meta.mergesList && meta.mergeKey !== undefined) {
      setKey(merged, key, mergeItems(known, value, second[orderPrefix + key], meta, meta.mergeKey));
    } else setKey(merged, key, value);
  }
  return merged;
}

function mergeItems(
  first: readonly unknown[],
  second: readonly unknown[],
  order: unknown,
  meta: PatchMeta,
  mergeKey: string,
): unknown[] {
  const identity = identityBy(mergeKey);
  const merged = [...second];
  const index = new ItemIndex(merged, identity);
  const rest: unknown[] = [];
  for (const item of first) {
    const at = index.of(item);
    const known = at < 0 ? undefined : merged[at];
    if (isObject(known) && isObject(item)) merged[at] = mergePatches(item, known, meta.schema?.items);
    else rest.push(item);
  }
  const wanted = Array.isArray(order) ? order : merged;
  return orderElements([...merged, ...rest], wanted, [], identity);
}
