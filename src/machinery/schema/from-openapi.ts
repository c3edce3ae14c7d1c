/**
 * From the OpenAPI v3 schema that a CustomResourceDefinition brings (JSONSchemaProps, as JSON) to a Schema. Whether it is
 * structural at all is validated where CustomResourceDefinitions are.
 */
import type { Schema } from "./types.ts";

type Draft = { -readonly [K in keyof Schema]: Schema[K] };
type Json = Readonly<Record<string, unknown>>;

/** Taken over as they are, under the same name. */
const sameName = [
  "type",
  "format",
  "nullable",
  "required",
  "enum",
  "default",
  "minimum",
  "maximum",
  "exclusiveMinimum",
  "exclusiveMaximum",
  "multipleOf",
  "minLength",
  "maxLength",
  "pattern",
  "minItems",
  "maxItems",
  "uniqueItems",
  "minProperties",
  "maxProperties",
  "description",
] as const;

const extensions = {
  "x-kubernetes-int-or-string": "intOrString",
  "x-kubernetes-preserve-unknown-fields": "preserveUnknownFields",
  "x-kubernetes-embedded-resource": "embeddedResource",
  "x-kubernetes-list-type": "listType",
  "x-kubernetes-list-map-keys": "listMapKeys",
  "x-kubernetes-map-type": "mapType",
  "x-kubernetes-validations": "validations",
} as const;

export function schemaFromOpenApi(source: Json): Schema {
  const schema: Draft = {};
  const target = schema as Record<string, unknown>;
  for (const name of sameName) if (source[name] !== undefined) target[name] = source[name];
  for (const [extension, name] of Object.entries(extensions)) {
    if (source[extension] !== undefined) target[name] = source[extension];
  }
  if (isJson(source.properties)) {
    const properties: Record<string, Schema> = Object.create(null);
    for (const [name, property] of Object.entries(source.properties)) {
      if (isJson(property)) properties[name] = schemaFromOpenApi(property);
    }
    schema.properties = Object.freeze(properties);
  }
  const { additionalProperties, items, not } = source;
  if (typeof additionalProperties === "boolean") schema.additionalProperties = additionalProperties;
  else if (isJson(additionalProperties)) schema.additionalProperties = schemaFromOpenApi(additionalProperties);
  if (isJson(items)) schema.items = schemaFromOpenApi(items);
  if (isJson(not)) schema.not = schemaFromOpenApi(not);
  for (const name of ["allOf", "anyOf", "oneOf"] as const) {
    const list = source[name];
    if (Array.isArray(list)) schema[name] = Object.freeze(list.filter(isJson).map(schemaFromOpenApi));
  }
  return Object.freeze(schema);
}

function isJson(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
