/** What a strategic merge must know of a field, read from its Schema. */
import type { Schema } from "../schema/types.ts";

export interface PatchMeta {
  readonly schema: Schema | undefined;
  /** Of a list: whether it is merged item by item. Of an object: false when it is replaced as a whole. */
  readonly merge: boolean;
  readonly mergeKey: string | undefined;
  readonly retainKeys: boolean;
}

export const directive = "$patch";
export const retainKeysDirective = "$retainKeys";
export const deletePrefix = "$deleteFromPrimitiveList/";
export const orderPrefix = "$setElementOrder/";

/** The field `key` of an object of this schema. Fields that the schema does not have are replaced as a whole. */
export function fieldMeta(schema: Schema | undefined, key: string): PatchMeta {
  const properties = schema?.properties;
  const field =
    properties && Object.hasOwn(properties, key)
      ? properties[key]
      : typeof schema?.additionalProperties === "object"
        ? schema.additionalProperties
        : undefined;
  const strategies = field?.patchStrategy?.split(",") ?? [];
  const isList = field?.type === "array";
  return {
    schema: field,
    merge: isList ? strategies.includes("merge") : !strategies.includes("replace"),
    mergeKey: field?.patchMergeKey,
    retainKeys: strategies.includes("retainKeys"),
  };
}
