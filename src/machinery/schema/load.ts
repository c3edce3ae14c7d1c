/**
 * Kubernetes' own types as Schemas, made from the table of facts when first asked for: a type with all it refers to.
 * Nodes are shared: two fields of one type have one `properties` object.
 */
import { type FieldFact, type ResourceFact, resourceFacts, type TypeFact, type TypeRef, typeFact } from "./table.ts";
import type { Schema } from "./types.ts";

type Draft = { -readonly [K in keyof Schema]: Schema[K] };

/** Structs in Go whose JSON form is a scalar or free, by full name. */
const wireForms: Readonly<Record<string, Schema>> = {
  "k8s.io/apimachinery/pkg/api/resource.Quantity": { wire: "quantity" },
  "k8s.io/apimachinery/pkg/apis/meta/v1.Time": { type: "string", format: "date-time", wire: "time" },
  "k8s.io/apimachinery/pkg/apis/meta/v1.MicroTime": { type: "string", format: "date-time", wire: "micro-time" },
  "k8s.io/apimachinery/pkg/apis/meta/v1.Duration": { type: "string", wire: "duration" },
  "k8s.io/apimachinery/pkg/util/intstr.IntOrString": { intOrString: true, wire: "int-or-string" },
  "k8s.io/apimachinery/pkg/runtime.RawExtension": { type: "object", preserveUnknownFields: true, wire: "raw" },
  "k8s.io/apimachinery/pkg/runtime.Object": { type: "object", preserveUnknownFields: true, wire: "raw" },
  "k8s.io/apimachinery/pkg/watch.Event": { type: "object", preserveUnknownFields: true, wire: "raw" },
  "k8s.io/apimachinery/pkg/apis/meta/v1.FieldsV1": { type: "object", preserveUnknownFields: true, wire: "raw" },
  "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1.JSON": { preserveUnknownFields: true, wire: "raw" },
  "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1.JSONSchemaPropsOrBool": {
    preserveUnknownFields: true,
    wire: "raw",
  },
  "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1.JSONSchemaPropsOrArray": {
    preserveUnknownFields: true,
    wire: "raw",
  },
  "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1.JSONSchemaPropsOrStringArray": {
    preserveUnknownFields: true,
    wire: "raw",
  },
  "time.Duration": { type: "integer", format: "int64" },
};

const primitives: Readonly<Record<string, Schema>> = {
  string: { type: "string" },
  bool: { type: "boolean" },
  int: { type: "integer", format: "int64" },
  int32: { type: "integer", format: "int32" },
  int64: { type: "integer", format: "int64" },
  float64: { type: "number", format: "double" },
  bytes: { type: "string", format: "byte", wire: "bytes" },
  "interface{}": { preserveUnknownFields: true, wire: "raw" },
};

/** Go constants that the table's defaults name. */
const constants: Readonly<Record<string, string>> = {
  "ref(AzureDataDiskCachingReadWrite)": "ReadWrite",
  "ref(AzureSharedBlobDisk)": "Shared",
};

const built = new Map<string, Schema>();

/** The schema of a Go type by its full name: "k8s.io/api/core/v1.Pod". Throws where the table has none. */
export function schemaOf(goName: string): Schema {
  return built.get(goName) ?? build(goName);
}

/** All kinds the table knows of, as facts for the registry. */
export function knownResources(): readonly ResourceFact[] {
  return resourceFacts();
}

/** "v1.RestartPolicy": how Go prints a named type. */
function shortGoType(goName: string): string {
  return goName.slice(goName.lastIndexOf("/") + 1);
}

function build(goName: string): Schema {
  const wire = wireForms[goName];
  if (wire) return remember(goName, { ...wire, goName });
  const fact = typeFact(goName);
  if (!fact) throw new Error(`no such type in the table: ${goName}`);
  if (fact.kind === "alias" && fact.type) {
    if (fact.type.ref) return remember(goName, schemaOf(fact.type.ref));
    const alias: Draft = { ...fromRef(fact.type), goType: shortGoType(goName) };
    if (fact.enum && fact.values) alias.enum = fact.values;
    return remember(goName, alias);
  }
  // Into the memo before its fields: JSONSchemaProps refers to itself.
  const properties: Record<string, Schema> = Object.create(null);
  const required: string[] = [];
  const struct: Draft = { type: "object", properties, required, goName };
  if (fact.structType) struct.mapType = fact.structType;
  remember(goName, struct);
  addFields(fact, properties, required);
  Object.freeze(properties);
  Object.freeze(required);
  return struct;
}

function remember(goName: string, schema: Schema): Schema {
  built.set(goName, Object.freeze(schema));
  return schema;
}

function addFields(fact: TypeFact, properties: Record<string, Schema>, required: string[]): void {
  for (const field of fact.fields ?? []) {
    if (field.name === undefined) {
      const embedded = field.type.ref ? typeFact(field.type.ref) : undefined;
      if (embedded) addFields(embedded, properties, required);
      continue;
    }
    properties[field.name] = Object.freeze(fieldSchema(field));
    if (field.required || (!field.optional && !field.omitempty)) required.push(field.name);
  }
}

function fieldSchema(field: FieldFact): Schema {
  const schema: Draft = { ...fromRef(field.type) };
  if (field.listType) schema.listType = field.listType;
  if (field.listMapKeys) schema.listMapKeys = field.listMapKeys;
  if (field.mapType) schema.mapType = field.mapType;
  if (field.structType) schema.mapType = field.structType;
  if (field.patchStrategy) schema.patchStrategy = field.patchStrategy;
  if (field.patchMergeKey) schema.patchMergeKey = field.patchMergeKey;
  // A struct is never zero for omitempty: see defaultOf.
  if (field.omitempty && !field.pointer && (!schema.properties || schema.wire)) schema.omitZero = true;
  if (field.proto !== undefined) schema.proto = { number: field.proto, wire: field.wire ?? "bytes" };
  const value = defaultOf(field, schema);
  if (value !== undefined) schema.default = value;
  return schema;
}

/**
 * Go always writes a struct that is not behind a pointer, even when empty ("resources: {}", "status: {}"), and a Quantity as
 * "0"; so it does with a scalar's zero, but behind omitempty it never writes one.
 */
function defaultOf(field: FieldFact, schema: Schema): unknown {
  if (field.default !== undefined) {
    const value = constants[String(field.default)] ?? field.default;
    const zero = value === "" || value === 0 || value === false;
    return zero && !field.pointer && field.omitempty ? undefined : value;
  }
  if (field.pointer) return undefined;
  if (schema.wire) return schema.wire === "quantity" ? "0" : undefined;
  if (schema.properties) return {};
  return field.omitempty ? undefined : zeros[schema.type ?? ""];
}

const zeros: Readonly<Record<string, unknown>> = { string: "", integer: 0, number: 0, boolean: false };

function fromRef(type: TypeRef): Schema {
  if (type.t) return primitives[type.t] ?? { preserveUnknownFields: true, wire: "raw" };
  if (type.ref) return schemaOf(type.ref);
  if (type.list) return { type: "array", items: fromRef(type.list) };
  if (type.map) {
    const map: Schema = { type: "object", additionalProperties: fromRef(type.map) };
    return type.key?.ref ? { ...map, goType: `map[${shortGoType(type.key.ref)}]${goTypeOf(fromRef(type.map))}` } : map;
  }
  return { preserveUnknownFields: true, wire: "raw" };
}

/** The Go type of a field as its error messages print it: "int32", "[]v1.Container", "map[string]string". */
export function goTypeOf(schema: Schema): string {
  if (schema.goType !== undefined) return schema.goType;
  if (schema.goName !== undefined) return shortGoType(schema.goName);
  switch (schema.type) {
    case "array":
      return `[]${schema.items ? goTypeOf(schema.items) : "interface {}"}`;
    case "object":
      return typeof schema.additionalProperties === "object"
        ? `map[string]${goTypeOf(schema.additionalProperties)}`
        : "map[string]interface {}";
    case "integer":
      return schema.format === "int32" ? "int32" : "int64";
    case "number":
      return "float64";
    case "boolean":
      return "bool";
    case "string":
      return schema.format === "byte" ? "[]uint8" : "string";
    default:
      return "interface {}";
  }
}
