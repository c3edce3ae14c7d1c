/**
 * A Schema as ownership sees it: what is owned as a whole (scalars, atomic lists and maps), what field by field, and how
 * the items of a list are told apart. Made once per schema node, a struct's fields when first needed.
 * https://kubernetes.io/docs/reference/using-api/server-side-apply/#merge-strategy
 */
import { schemaOf } from "../schema/load.ts";
import type { Schema } from "../schema/types.ts";
import { compareText } from "./path-element.ts";

export type Shape = "scalar" | "map" | "list" | "free";

export interface FieldPlan {
  readonly plan: TypePlan;
  /** Among the struct's fields, in FieldsV1's order. */
  readonly rank: number;
  /** `"f:name":` */
  readonly head: string;
  /** The field is there, though empty, in Go's zero value of the struct: being set does not count as being added. */
  readonly given: boolean;
}

export interface ListKey {
  readonly name: string;
  readonly default: unknown;
  /** `"name":` */
  readonly head: string;
  /** The beginning of a FieldsV1 key that has this one alone, its value a string: `"k:{\"name\":\"` */
  readonly escaped: string;
}

export class TypePlan {
  /** "free": JSON of no known type; objects are granular there, lists atomic. */
  readonly shape: Shape;
  readonly atomic: boolean;
  /** Of a scalar; undefined: any. */
  readonly scalar: "string" | "numeric" | "boolean" | undefined;
  /** Of a list: by name; empty for a set. */
  readonly keys: readonly ListKey[];
  readonly #schema: Schema;
  readonly #isRoot: boolean;
  #fields: ReadonlyMap<string, FieldPlan> | undefined;
  #item: TypePlan | undefined;

  constructor(schema: Schema, isRoot = false) {
    this.#schema = schema;
    this.#isRoot = isRoot;
    this.shape = shapeOf(schema);
    this.atomic = this.shape === "list" ? !isAssociative(schema) : schema.mapType === "atomic";
    this.scalar = this.shape === "scalar" ? scalarOf(schema) : undefined;
    this.keys = this.shape === "list" && schema.listType === "map" ? keysOf(schema) : [];
  }

  get fields(): ReadonlyMap<string, FieldPlan> {
    this.#fields ??= fieldsOf(this.#schema, this.#isRoot);
    return this.#fields;
  }

  /** Of a list's items or a map's values; undefined where a struct knows no other fields. */
  get item(): TypePlan | undefined {
    this.#item ??= itemOf(this, this.#schema);
    return this.#item;
  }

  /** The plan of the field or key `name`; undefined where the schema has none. */
  at(name: string): TypePlan | undefined {
    return this.fields.get(name)?.plan ?? this.item;
  }
}

const freeSchema: Schema = { preserveUnknownFields: true };
export const freePlan = new TypePlan(freeSchema);

const plans = new WeakMap<Schema, TypePlan>();
const roots = new WeakMap<Schema, TypePlan>();
/** Field nodes are copies of their type's node; their `properties` are one object. */
const fieldMaps = new WeakMap<object, ReadonlyMap<string, FieldPlan>>();

/** Of a whole object, whose metadata is ObjectMeta whatever its schema says. */
export function rootPlanOf(schema: Schema): TypePlan {
  let plan = roots.get(schema);
  if (plan === undefined) {
    plan = new TypePlan(schema, true);
    roots.set(schema, plan);
  }
  return plan;
}

function planOf(schema: Schema): TypePlan {
  let plan = plans.get(schema);
  if (plan === undefined) {
    plan = new TypePlan(schema);
    plans.set(schema, plan);
  }
  return plan;
}

function shapeOf(schema: Schema): Shape {
  if (schema.wire !== undefined) return schema.wire === "raw" ? "free" : "scalar";
  if (schema.intOrString) return "scalar";
  switch (schema.type) {
    case "array":
      return "list";
    case "object":
      return schema.properties || schema.additionalProperties ? "map" : "free";
    case undefined:
      return schema.properties ? "map" : "free";
    default:
      return "scalar";
  }
}

function scalarOf({ wire, intOrString, type }: Schema): TypePlan["scalar"] {
  if ((wire !== undefined && wire !== "bytes") || intOrString) return undefined;
  if (type === "integer" || type === "number") return "numeric";
  return type === "boolean" ? "boolean" : "string";
}

function isAssociative({ listType, listMapKeys }: Schema): boolean {
  return listType === "set" || (listType === "map" && listMapKeys !== undefined && listMapKeys.length > 0);
}

function keysOf({ listMapKeys = [], items }: Schema): ListKey[] {
  return [...listMapKeys].sort(compareText).map((name) => ({
    name,
    // That Go writes an empty name gives the item no identity.
    default: items?.properties?.[name]?.default || undefined,
    head: `${JSON.stringify(name)}:`,
    escaped: JSON.stringify(`k:{${JSON.stringify(name)}:"`).slice(0, -1),
  }));
}

function itemOf(plan: TypePlan, schema: Schema): TypePlan | undefined {
  if (plan.shape === "free") return freePlan;
  if (plan.shape === "list") return schema.items === undefined ? freePlan : planOf(schema.items);
  if (typeof schema.additionalProperties === "object") return planOf(schema.additionalProperties);
  return schema.preserveUnknownFields || schema.additionalProperties === true ? freePlan : undefined;
}

const objectMeta = "k8s.io/apimachinery/pkg/apis/meta/v1.ObjectMeta";
const none: ReadonlyMap<string, FieldPlan> = new Map();

function fieldsOf(schema: Schema, isRoot: boolean): ReadonlyMap<string, FieldPlan> {
  const { properties } = schema;
  if (isRoot) {
    const meta = { apiVersion: { type: "string" }, kind: { type: "string" }, metadata: schemaOf(objectMeta) } as const;
    return fieldMap({ ...properties, ...meta }, schema.goName !== undefined, true);
  }
  if (properties === undefined || schema.wire !== undefined) return none;
  let fields = fieldMaps.get(properties);
  if (fields === undefined) {
    fields = fieldMap(properties, schema.goName !== undefined, false);
    fieldMaps.set(properties, fields);
  }
  return fields;
}

function fieldMap(properties: Readonly<Record<string, Schema>>, isGo: boolean, isRoot: boolean) {
  const fields = new Map<string, FieldPlan>();
  for (const [rank, name] of Object.keys(properties).sort(compareText).entries()) {
    const schema = properties[name];
    if (schema === undefined) continue;
    const given = (isRoot && name === "metadata") || (isGo && isGiven(schema));
    fields.set(name, { plan: planOf(schema), rank, head: `${JSON.stringify(`f:${name}`)}:`, given });
  }
  return fields;
}

/** Go writes structs that are not behind a pointer even when empty, and lists and maps without omitempty as null. */
function isGiven(schema: Schema): boolean {
  if (schema.wire !== undefined) return false;
  if (schema.properties) return schema.default !== undefined;
  return (schema.type === "array" || schema.additionalProperties !== undefined) && schema.omitZero !== true;
}

/** What Go's zero value of the type looks like: what a create is compared with. */
export function emptyValue(plan: TypePlan): Record<string, unknown> {
  const empty: Record<string, unknown> = {};
  for (const [name, { plan: inner, given }] of plan.fields) {
    if (given) empty[name] = inner.shape === "map" && inner.fields.size > 0 ? emptyValue(inner) : null;
  }
  return empty;
}
