/**
 * Strategic merge patch: a merge patch that knows which lists are sets or maps (k8s.io/apimachinery/pkg/util/strategicpatch),
 * with its directives $patch, $retainKeys, $deleteFromPrimitiveList and $setElementOrder.
 * https://github.com/kubernetes/community/blob/main/contributors/devel/sig-api-machinery/strategic-merge-patch.md
 */
import { getKey, isObject, type JsonObject, setKey } from "../meta/immutable.ts";
import type { Schema } from "../schema/types.ts";
import { badRequest } from "../status/errors.ts";
import { goJson } from "../status/go-format.ts";
import { type Identity, ItemIndex, identityBy, orderElements } from "./element-order.ts";
import { deletePrefix, directive, fieldMeta, orderPrefix, type PatchMeta, retainKeysDirective } from "./patch-meta.ts";

/**
 * A new object that shares with `original` what the patch does not touch. Throws a 400 StatusError for a patch that is none.
 * The result is not decoded yet: the patch may have brought unknown fields and wrong types.
 */
export function applyStrategicPatch(original: JsonObject, patch: unknown, schema: Schema): JsonObject {
  if (!isObject(patch)) {
    const type = Array.isArray(patch) ? "array" : typeof patch === "boolean" ? "bool" : typeof patch;
    throw badRequest(
      `error decoding patch: json: cannot unmarshal ${type} into Go value of type map[string]interface {}`,
    );
  }
  return mergeObject(original, patch, schema);
}

function mergeObject(original: JsonObject, patch: JsonObject, schema: Schema | undefined): JsonObject {
  const how = getKey(patch, directive);
  if (how !== undefined) {
    if (how === "replace") return stripped(patch) as JsonObject;
    if (how === "delete") return {};
    if (how !== "merge") throw badRequest(`unknown patch type: ${String(how)} in map: ${goJson(patch)}`);
  }
  const result: JsonObject = { ...original };
  retainKeys(result, patch);
  // What a patch both deletes and adds is there in the end.
  for (const key of Object.keys(patch)) if (key.startsWith(deletePrefix)) deleteItems(result, key, patch[key]);
  for (const key of Object.keys(patch)) {
    if (key === directive || key === retainKeysDirective) continue;
    if (key.startsWith(orderPrefix)) {
      const field = key.slice(orderPrefix.length);
      // With changes to the list itself, both are done together below.
      if (!Array.isArray(getKey(patch, field))) reorder(result, field, patch[key], fieldMeta(schema, field));
    } else if (!key.startsWith(deletePrefix)) {
      mergeField(result, patch, key, fieldMeta(schema, key));
    }
  }
  return result;
}

function mergeField(result: JsonObject, patch: JsonObject, key: string, meta: PatchMeta): void {
  const change = patch[key];
  if (change === null) {
    delete result[key];
    return;
  }
  const current = getKey(result, key);
  if (isObject(current) && isObject(change)) {
    setKey(result, key, meta.mergesObject ? mergeObject(current, change, meta.schema) : stripped(change));
  } else if (Array.isArray(current) && Array.isArray(change)) {
    if (!meta.mergesList) setKey(result, key, stripped(change));
    else setKey(result, key, mergeList(current, change, orderOf(patch, key), meta));
  } else setKey(result, key, stripped(change));
}

function orderOf(patch: JsonObject, key: string): readonly unknown[] | undefined {
  const order = getKey(patch, orderPrefix + key);
  if (order === undefined) return undefined;
  if (!Array.isArray(order)) throw badRequest(`invalid patch format of ${orderPrefix}${key}: expected a list`);
  return order;
}

function mergeList(
  current: readonly unknown[],
  change: readonly unknown[],
  order: readonly unknown[] | undefined,
  meta: PatchMeta,
): unknown[] {
  const ofObjects = [...current, ...change].some(isObject);
  if (!ofObjects) {
    const identity = identityBy(undefined);
    const merged = unique([...current, ...change]);
    if (order) checkOrder(change, order, identity, "");
    return orderElements(merged, order ?? change, current, identity);
  }
  const { mergeKey } = meta;
  if (mergeKey === undefined) throw badRequest("cannot merge without mergeKey for type");
  const identity = identityBy(mergeKey);
  const { kept, items, replace } = specialItems(current, change, mergeKey, identity);
  if (replace) return items.map(stripped);
  if (order) checkOrder(items, order, identity, mergeKey);
  const merged: unknown[] = [...kept];
  const index = new ItemIndex(merged, identity);
  for (const item of items) {
    if (!isObject(item)) throw badRequest(`expected map, got ${goJson(item)} in the patch of a list of maps`);
    if (identity(item) === undefined) {
      throw badRequest(`map: ${goJson(item)} does not contain declared merge key: ${mergeKey}`);
    }
    const at = index.of(item);
    const known = at < 0 ? undefined : merged[at];
    if (isObject(known)) merged[at] = mergeObject(known, item, meta.schema?.items);
    else {
      index.add(item, merged.length);
      merged.push(stripped(item));
    }
  }
  // Where an order is given, Kubernetes lets new items take the places of deleted ones before it looks at what stood where.
  return order
    ? orderElements(merged, order, merged.slice(0, current.length), identity)
    : orderElements(merged, items, current, identity);
}

/** Items with $patch: those to delete are taken out of the list, `replace` makes the patch's items the whole list. */
function specialItems(
  current: readonly unknown[],
  change: readonly unknown[],
  mergeKey: string,
  identity: Identity,
): { kept: readonly unknown[]; items: unknown[]; replace: boolean } {
  const gone: unknown[] = [];
  const items: unknown[] = [];
  let replace = false;
  for (const item of change) {
    const how = isObject(item) ? getKey(item, directive) : undefined;
    if (how === undefined) items.push(item);
    else if (how === "replace") replace = true;
    else if (how === "delete") {
      if (identity(item) === undefined) {
        throw badRequest(`delete patch type with no merge key defined: ${mergeKey} in ${goJson(item)}`);
      }
      gone.push(item);
    } else if (how === "merge") throw badRequest("merging lists cannot yet be specified in the patch");
    else throw badRequest(`unknown patch type: ${String(how)} in map: ${goJson(item)}`);
  }
  const goneIndex = new ItemIndex(gone, identity);
  const kept = gone.length === 0 ? current : current.filter((item) => !goneIndex.has(item));
  return { kept, items, replace };
}

/** Every item of the patch must stand in $setElementOrder, in that order; an empty one asks for nothing. */
function checkOrder(items: readonly unknown[], order: readonly unknown[], identity: Identity, mergeKey: string): void {
  if (order.length === 0) return;
  const index = new ItemIndex(order, identity);
  let last = -1;
  for (const item of items) {
    const at = index.of(item);
    if (at <= last) {
      const what = mergeKey === "" ? orderPrefix.slice(0, -1) : `${orderPrefix.slice(0, -1)} (by ${mergeKey})`;
      throw badRequest(`The order in patch list:\n${goJson(items)}\n doesn't match ${what} list:\n${goJson(order)}\n`);
    }
    last = at;
  }
}

function reorder(result: JsonObject, field: string, order: unknown, meta: PatchMeta): void {
  const current = getKey(result, field);
  if (!Array.isArray(current) || !Array.isArray(order)) return;
  setKey(result, field, orderElements(current, order, current, identityBy(meta.mergeKey)));
}

function deleteItems(result: JsonObject, key: string, values: unknown): void {
  if (!Array.isArray(values)) throw badRequest(`invalid patch format of primitive list: ${key}`);
  const field = key.slice(deletePrefix.length);
  const current = getKey(result, field);
  if (!Array.isArray(current)) return;
  const gone = new ItemIndex(values, identityBy(undefined));
  setKey(
    result,
    field,
    current.filter((item) => !gone.has(item)),
  );
}

/** $retainKeys: of the fields that the object has, only those named stay. */
function retainKeys(result: JsonObject, patch: JsonObject): void {
  const keys = getKey(patch, retainKeysDirective);
  if (keys === undefined) return;
  if (!Array.isArray(keys)) throw badRequest("invalid patch format of retainKeys");
  const keep = new Set(keys);
  for (const key of Object.keys(patch)) {
    if (key.startsWith("$") || patch[key] === null || keep.has(key)) continue;
    throw badRequest(
      `invalid patch format of retainKeys: ${key} is set by the patch but not in ${retainKeysDirective}`,
    );
  }
  for (const key of Object.keys(result)) if (!keep.has(key)) delete result[key];
}

/** A patch's value taken as it is: without directives, and without the nulls that only said "delete". */
function stripped(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.filter((item) => !(isObject(item) && getKey(item, directive) !== undefined)).map(stripped);
  }
  if (!isObject(value)) return value;
  const result: JsonObject = {};
  for (const key of Object.keys(value)) {
    const inner = value[key];
    const isDirective =
      key === directive || key === retainKeysDirective || key.startsWith(orderPrefix) || key.startsWith(deletePrefix);
    if (inner !== null && !isDirective) setKey(result, key, stripped(inner));
  }
  return result;
}

function unique(list: readonly unknown[]): unknown[] {
  const seen = new Set<unknown>();
  return list.filter((item) => !seen.has(item) && seen.add(item));
}
