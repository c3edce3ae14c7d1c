/** JSON, merge and (by a table of the merge keys that tests need) strategic merge patches, on objects of the caller's own. */
import { applyPatch as applyJsonPatch, type Operation } from "rfc6902";
import type { PatchBody } from "../../../src/api/client/types.ts";
import { failure } from "../../../src/machinery/status/error.ts";

const mergeKeys: Readonly<Record<string, string>> = {
  conditions: "type",
  containers: "name",
  initContainers: "name",
  env: "name",
  volumes: "name",
  ports: "port",
  addresses: "type",
  ownerReferences: "uid",
};

export function applyPatch(object: object, body: PatchBody): object {
  if (body.type === "merge") return merge(object, body.patch, false) as object;
  if (body.type === "strategic") return merge(object, body.patch, true) as object;
  const [error] = applyJsonPatch(object, structuredClone(body.patch) as Operation[]).filter((one) => one !== null);
  if (error)
    throw failure(422, "Invalid", `the server rejected our request due to an error in our request: ${error.message}`);
  return object;
}

type Json = Record<string, unknown>;

function isMap(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function merge(target: unknown, patch: unknown, strategic: boolean): unknown {
  if (!isMap(patch)) return structuredClone(patch);
  const result: Json = isMap(target) ? target : {};
  for (const [key, value] of Object.entries(patch)) {
    if (key.startsWith("$")) continue;
    const mergeKey = mergeKeys[key];
    if (value === null) delete result[key];
    else if (strategic && mergeKey && Array.isArray(value)) result[key] = mergeList(result[key], value, mergeKey);
    else result[key] = merge(result[key], value, strategic);
  }
  return result;
}

function mergeList(target: unknown, patch: readonly unknown[], mergeKey: string): unknown[] {
  const list = Array.isArray(target) ? [...target] : [];
  for (const item of patch) {
    if (!isMap(item)) throw new Error(`a list merged by ${mergeKey} holds objects`);
    const at = list.findIndex((one) => isMap(one) && one[mergeKey] === item[mergeKey]);
    if (item.$patch === "delete") {
      if (at >= 0) list.splice(at, 1);
    } else if (at >= 0) list[at] = merge(list[at], item, true);
    else list.push(merge({}, item, true));
  }
  return list;
}
