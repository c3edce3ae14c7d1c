/** A Schema laid out for decoding: one small node per shape, its fields in a Map. Made once per schema node. */
import { goTypeOf } from "./load.ts";
import type { Schema } from "./types.ts";

export const kinds = {
  raw: 0,
  string: 1,
  int32: 2,
  int64: 3,
  number: 4,
  boolean: 5,
  struct: 6,
  map: 7,
  list: 8,
  quantity: 9,
  time: 10,
  microTime: 11,
  duration: 12,
  intOrString: 13,
  bytes: 14,
} as const;

export interface Plan {
  readonly kind: (typeof kinds)[keyof typeof kinds];
  readonly omitZero: boolean;
  /** Of a struct. */
  readonly fields: ReadonlyMap<string, Plan> | undefined;
  /** Of a map's values or a list's items. */
  readonly item: Plan | undefined;
  /** As Go prints them. */
  readonly goType: string;
  readonly goStruct: string;
}

const plans = new WeakMap<Schema, Plan>();
/** Field nodes are copies of their type's node; their `properties` are one object. */
const fieldMaps = new WeakMap<object, ReadonlyMap<string, Plan>>();

export function planOf(schema: Schema): Plan {
  const known = plans.get(schema);
  if (known) return known;
  const kind = kindOf(schema);
  const item =
    schema.items ?? (typeof schema.additionalProperties === "object" ? schema.additionalProperties : undefined);
  const name = schema.goName ?? "";
  const plan: Plan = {
    kind,
    omitZero: schema.omitZero === true,
    fields: schema.properties && kind === kinds.struct ? fieldsOf(schema.properties) : undefined,
    item: item && (kind === kinds.list || kind === kinds.map) ? planOf(item) : undefined,
    goType: goTypeOf(schema),
    goStruct: name.slice(name.lastIndexOf(".") + 1),
  };
  plans.set(schema, plan);
  return plan;
}

function fieldsOf(properties: Readonly<Record<string, Schema>>): ReadonlyMap<string, Plan> {
  const known = fieldMaps.get(properties);
  if (known) return known;
  const fields = new Map<string, Plan>();
  fieldMaps.set(properties, fields);
  for (const [name, schema] of Object.entries(properties)) fields.set(name, planOf(schema));
  return fields;
}

function kindOf(schema: Schema): Plan["kind"] {
  switch (schema.wire) {
    case "quantity":
      return kinds.quantity;
    case "time":
      return kinds.time;
    case "micro-time":
      return kinds.microTime;
    case "duration":
      return kinds.duration;
    case "int-or-string":
      return kinds.intOrString;
    case "bytes":
      return kinds.bytes;
    case "raw":
      return kinds.raw;
  }
  switch (schema.type) {
    case "string":
      return kinds.string;
    case "integer":
      return schema.format === "int32" ? kinds.int32 : kinds.int64;
    case "number":
      return kinds.number;
    case "boolean":
      return kinds.boolean;
    case "array":
      return schema.items ? kinds.list : kinds.raw;
    case "object":
      if (schema.properties) return kinds.struct;
      return schema.additionalProperties ? kinds.map : kinds.raw;
    default:
      return kinds.raw;
  }
}
