/**
 * From Schemas to the schema objects of OpenAPI documents, as kube-apiserver publishes them: built-in types become
 * components named "io.k8s.api.core.v1.PodSpec" that refer to each other, everything else stands in line.
 */
import type { GroupVersionKind } from "../meta/object.ts";
import type { Descriptions } from "./descriptions.ts";
import { schemaOf } from "./load.ts";
import type { Schema } from "./types.ts";

export type OpenApiObject = Record<string, unknown>;

/** "k8s.io/api/core/v1.PodSpec" → "io.k8s.api.core.v1.PodSpec". */
export function modelName(goName: string): string {
  const [host = "", ...path] = goName.split("/");
  return [...host.split(".").reverse(), ...path].join(".");
}

/** Special types whose component says only how they look on the wire. */
const bare: Readonly<Record<string, { readonly v2: OpenApiObject; readonly v3: OpenApiObject }>> = {
  quantity: { v2: { type: "string" }, v3: { oneOf: [{ type: "string" }, { type: "number" }] } },
  "int-or-string": {
    v2: { type: "string", format: "int-or-string" },
    v3: { format: "int-or-string", oneOf: [{ type: "integer" }, { type: "string" }] },
  },
  time: { v2: { type: "string", format: "date-time" }, v3: { type: "string", format: "date-time" } },
  "micro-time": { v2: { type: "string", format: "date-time" }, v3: { type: "string", format: "date-time" } },
  duration: { v2: { type: "string" }, v3: { type: "string" } },
};

const extensions = [
  ["intOrString", "x-kubernetes-int-or-string"],
  ["preserveUnknownFields", "x-kubernetes-preserve-unknown-fields"],
  ["embeddedResource", "x-kubernetes-embedded-resource"],
  ["listType", "x-kubernetes-list-type"],
  ["listMapKeys", "x-kubernetes-list-map-keys"],
  ["mapType", "x-kubernetes-map-type"],
  ["patchStrategy", "x-kubernetes-patch-strategy"],
  ["patchMergeKey", "x-kubernetes-patch-merge-key"],
  ["validations", "x-kubernetes-validations"],
] as const;

const plain = [
  "format",
  "nullable",
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
] as const;

export interface OpenApiOptions {
  readonly version: 2 | 3;
  /** Absent: the document has no descriptions. */
  readonly descriptions?: Descriptions;
  /** Kinds that a type is served as, by Go name: become x-kubernetes-group-version-kind. */
  readonly kinds?: ReadonlyMap<string, readonly GroupVersionKind[]>;
}

/** Collects components: those asked for and all that they refer to. */
export class OpenApiComponents {
  readonly components: Record<string, OpenApiObject> = {};
  readonly #options: OpenApiOptions;

  constructor(options: OpenApiOptions) {
    this.#options = options;
  }

  /** Adds a built-in type by its Go name and gives the reference to it. */
  addType(goName: string): OpenApiObject {
    const name = modelName(goName);
    if (!Object.hasOwn(this.components, name)) {
      this.components[name] = {};
      this.components[name] = this.#component(goName, schemaOf(goName));
    }
    const prefix = this.#options.version === 3 ? "#/components/schemas/" : "#/definitions/";
    return { $ref: prefix + name };
  }

  /**
   * Adds a custom resource's schema under the name that kube-apiserver gives it ("io.example.v1.Widget"), its apiVersion,
   * kind and metadata described as everybody's.
   */
  addCustomResource(schema: Schema, kind: GroupVersionKind): OpenApiObject {
    const name = [...kind.group.split(".").reverse(), kind.version, kind.kind].join(".");
    const about = this.#options.descriptions?.["k8s.io/api/core/v1.Pod"];
    const own = this.inline(schema);
    const properties = {
      ...(own.properties as OpenApiObject | undefined),
      apiVersion: { type: "string", ...describe(about?.apiVersion) },
      kind: { type: "string", ...describe(about?.kind) },
      metadata: this.#field(schemaOf("k8s.io/apimachinery/pkg/apis/meta/v1.ObjectMeta"), "Standard object's metadata."),
    };
    this.components[name] = { ...own, properties, "x-kubernetes-group-version-kind": [kind] };
    return { $ref: (this.#options.version === 3 ? "#/components/schemas/" : "#/definitions/") + name };
  }

  #component(goName: string, schema: Schema): OpenApiObject {
    const { descriptions, kinds, version } = this.#options;
    const about = descriptions?.[goName];
    const special = schema.wire === undefined ? undefined : bare[schema.wire];
    const result: OpenApiObject = describe(about?.[""]);
    if (special) return { ...result, ...(version === 3 ? special.v3 : special.v2) };
    if (schema.type) result.type = schema.type;
    if (schema.wire === "raw") return result;
    if (schema.required && schema.required.length > 0) result.required = [...schema.required];
    if (schema.properties) result.properties = this.#properties(schema, about);
    if (schema.mapType) result["x-kubernetes-map-type"] = schema.mapType;
    const served = kinds?.get(goName);
    if (served) result["x-kubernetes-group-version-kind"] = served;
    return result;
  }

  #properties(schema: Schema, about?: Readonly<Record<string, string>>): OpenApiObject {
    const properties: OpenApiObject = {};
    for (const [name, field] of Object.entries(schema.properties ?? {})) {
      const fallback = field.goName ? this.#options.descriptions?.[field.goName]?.[""] : undefined;
      const result = this.#field(field, about?.[name] ?? fallback);
      if (this.#options.version === 3 && schema.goName && result.default === undefined) {
        const zero = zeroDefault(field, schema.required?.includes(name) ?? false);
        if (zero !== undefined) result.default = zero;
      }
      properties[name] = result;
    }
    return properties;
  }

  /** A reference with something beside it stands in allOf in v3; v2 allows no more than a description. */
  #field(schema: Schema, description: string | undefined): OpenApiObject {
    if (!schema.goName) {
      return { ...describe(description), ...this.inline(schema) };
    }
    const reference = this.addType(schema.goName);
    const beside = { ...describe(description), ...extensionsOf(schema) };
    delete beside["x-kubernetes-map-type"];
    if (this.#options.version === 2) return { ...beside, ...reference };
    if (schema.default !== undefined) beside.default = schema.default;
    return Object.keys(beside).length === 0 ? reference : { ...beside, allOf: [reference] };
  }

  /** A schema in line, its built-in parts as references. */
  inline(schema: Schema): OpenApiObject {
    const result: OpenApiObject = describe(schema.description);
    if (schema.type) result.type = schema.type;
    for (const name of plain) if (schema[name] !== undefined) result[name] = schema[name];
    if (schema.enum) result.enum = schema.enum;
    if (schema.default !== undefined) result.default = schema.default;
    if (schema.required && schema.required.length > 0) result.required = [...schema.required];
    if (schema.properties) result.properties = this.#properties(schema);
    if (schema.items) result.items = this.#element(schema.items);
    if (typeof schema.additionalProperties === "object") {
      result.additionalProperties = this.#element(schema.additionalProperties);
    } else if (schema.additionalProperties !== undefined) result.additionalProperties = schema.additionalProperties;
    for (const name of ["allOf", "anyOf", "oneOf"] as const) {
      if (schema[name]) result[name] = schema[name].map((part) => this.inline(part));
    }
    if (schema.not) result.not = this.inline(schema.not);
    return Object.assign(result, extensionsOf(schema));
  }

  #element(schema: Schema): OpenApiObject {
    return schema.goName ? this.addType(schema.goName) : this.inline(schema);
  }
}

function describe(text: string | undefined): OpenApiObject {
  return text === undefined ? {} : { description: text };
}

function extensionsOf(schema: Schema): OpenApiObject {
  const result: OpenApiObject = {};
  for (const [name, extension] of extensions) {
    // Of built-in special types the component says it.
    if (schema.wire && (name === "preserveUnknownFields" || name === "intOrString")) continue;
    if (schema[name] !== undefined) result[extension] = schema[name];
  }
  return result;
}

/** Go writes a field without omitempty even when it is zero; kube-openapi tells that zero as the default. */
function zeroDefault(field: Schema, isRequired: boolean): unknown {
  if (!isRequired || field.goName) return undefined;
  if (field.type === "string" && !field.wire) return "";
  if (field.type === "integer" || field.type === "number") return 0;
  return field.type === "boolean" ? false : undefined;
}
