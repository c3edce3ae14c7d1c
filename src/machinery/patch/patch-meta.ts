/** What a strategic merge must know of a field, read from its Schema. */
import type { Schema } from "../schema/types.ts";

export interface PatchMeta {
  readonly schema: Schema | undefined;
  /** An object that is merged field by field, not replaced as a whole. */
  readonly mergesObject: boolean;
  /** A list that is merged item by item. Lists that no schema knows are replaced. */
  readonly mergesList: boolean;
  readonly mergeKey: string | undefined;
  readonly retainKeys: boolean;
}

export const directive = "$patch";
export const retainKeysDirective = "$retainKeys";
export const deletePrefix = "$deleteFromPrimitiveList/";
export const orderPrefix = "$setElementOrder/";

/** The field `key` of an object of this schema. */
export function fieldMeta(schema: Schema | undefined, key: string): PatchMeta {
  const properties = schema?.properties;
  const field =
    properties && Object.hasOwn(properties, key)
      ? properties[key]
      : typeof schema?.additionalProperties === "object"
        ? schema.additionalProperties
        : undefined;
  if (!field) return unknownField;
  let meta = metas.get(field);
  if (!meta) {
    meta = metaOf(field);
    metas.set(field, meta);
  }
  return meta;
}

const metas = new WeakMap<Schema, PatchMeta>();
const unknownField: PatchMeta = {
  schema: undefined,
  mergesObject: true,
  mergesList: false,
  mergeKey: undefined,
  retainKeys: false,
};

function metaOf(field: Schema): PatchMeta {
  const strategies = field.patchStrategy?.split(",") ?? [];
  return {
    schema: field,
    mergesObject: !strategies.includes("replace"),
    mergesList: strategies.includes("merge"),
    mergeKey: field.patchMergeKey,
    retainKeys: strategies.includes("retainKeys"),
  };
}
