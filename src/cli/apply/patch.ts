/** The three-way patch of client-side apply: strategic for kinds whose schema is built in, JSON merge for the others. */
import { builtinDefinitions } from "../../machinery/kinds/index.ts";
import type { UnstructuredObject } from "../../machinery/meta/object.ts";
import { parseApiVersion } from "../../machinery/meta/object.ts";
import { createMergePatch } from "../../machinery/patch/merge-patch.ts";
import { createThreeWayPatch } from "../../machinery/patch/strategic-diff.ts";
import type { Schema } from "../../machinery/schema/types.ts";

export interface ApplyPatch {
  readonly contentType: string;
  /** Empty: nothing to change. */
  readonly patch: Record<string, unknown>;
}

export function createApplyPatch(
  original: UnstructuredObject | undefined,
  modified: UnstructuredObject,
  current: UnstructuredObject,
): ApplyPatch {
  const schema = builtinSchema(modified);
  const before = { ...original } as Record<string, unknown>;
  if (schema) {
    return {
      contentType: "application/strategic-merge-patch+json",
      patch: createThreeWayPatch(before, { ...modified }, { ...current }, schema),
    };
  }
  return {
    contentType: "application/merge-patch+json",
    patch: threeWayMergePatch(before, { ...modified }, { ...current }),
  };
}

function builtinSchema(object: UnstructuredObject): Schema | undefined {
  const { group, version } = parseApiVersion(object.apiVersion ?? "");
  const definition = builtinDefinitions().find((known) => known.group === group && known.names.kind === object.kind);
  return definition?.versions.find(({ name }) => name === version)?.schema();
}

type JsonObject = Record<string, unknown>;

/** Removed is what stood in `original` and stands in `modified` no more; changed is what differs from `current`. */
export function threeWayMergePatch(original: JsonObject, modified: JsonObject, current: JsonObject): JsonObject {
  const changes = keep(createMergePatch(current, modified), (value) => value !== null);
  const deletions = keep(createMergePatch(original, modified), (value) => value === null);
  return merge(changes, deletions);
}

function keep(patch: JsonObject, wanted: (leaf: unknown) => boolean): JsonObject {
  const kept: JsonObject = {};
  for (const [key, value] of Object.entries(patch)) {
    if (isObject(value)) {
      const inner = keep(value, wanted);
      if (Object.keys(inner).length > 0) kept[key] = inner;
    } else if (wanted(value)) {
      kept[key] = value;
    }
  }
  return kept;
}

function merge(left: JsonObject, right: JsonObject): JsonObject {
  const merged: JsonObject = { ...left };
  for (const [key, value] of Object.entries(right)) {
    const before = merged[key];
    merged[key] = isObject(before) && isObject(value) ? merge(before, value) : value;
  }
  return merged;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
