/**
 * A structural OpenAPI v3 schema with Kubernetes' extensions: the one description of a kind's shape, from which decoding,
 * strict errors, pruning, defaults, validation, strategic merge, apply, explain and /openapi are all driven.
 * Built-in kinds get theirs from the table beside this file, CustomResourceDefinitions bring their own; nothing
 * downstream can tell which. References are resolved: a schema is a graph of shared, frozen nodes.
 * Spec: https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema
 */
export interface Schema {
  /** Absent together with intOrString/preserveUnknownFields: any JSON. */
  readonly type?: "object" | "array" | "string" | "integer" | "number" | "boolean";
  /** int32, int64, double, byte, date-time, … */
  readonly format?: string;
  readonly nullable?: boolean;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly required?: readonly string[];
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: boolean;
  readonly exclusiveMaximum?: boolean;
  readonly multipleOf?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly allOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly not?: Schema;
  readonly description?: string;

  /** x-kubernetes-int-or-string */
  readonly intOrString?: boolean;
  /** x-kubernetes-preserve-unknown-fields */
  readonly preserveUnknownFields?: boolean;
  /** x-kubernetes-embedded-resource */
  readonly embeddedResource?: boolean;
  /** x-kubernetes-list-type */
  readonly listType?: "atomic" | "set" | "map";
  /** x-kubernetes-list-map-keys */
  readonly listMapKeys?: readonly string[];
  /** x-kubernetes-map-type */
  readonly mapType?: "atomic" | "granular";
  /** x-kubernetes-patch-strategy: "merge", "replace", "retainKeys", "merge,retainKeys" */
  readonly patchStrategy?: string;
  /** x-kubernetes-patch-merge-key */
  readonly patchMergeKey?: string;
  /** x-kubernetes-validations: CEL rules */
  readonly validations?: readonly {
    readonly rule: string;
    readonly message?: string;
    readonly [key: string]: unknown;
  }[];

  /**
   * The Go name, short and full: "PodSpec" and "k8s.io/api/core/v1.PodSpec". Only built-ins have one; error texts of
   * kube-apiserver quote it ("json: cannot unmarshal string into Go struct field PodSpec.spec.replicas of type int32"),
   * and OpenAPI names its components after it.
   */
  readonly goName?: string;
  /** What Go prints for the type of a field where the schema does not tell: "v1.RestartPolicy", "v1.ResourceList". Aliases only. */
  readonly goType?: string;
  /** A field whose zero value ("", 0, false, [], {}) is as good as absent and is not kept: Go's omitempty without a pointer. */
  readonly omitZero?: boolean;
  /** Types whose JSON form has rules of its own. */
  readonly wire?: "quantity" | "time" | "micro-time" | "duration" | "int-or-string" | "raw" | "bytes";
  /** The field's number and wire type in protobuf, on properties of built-in structs. */
  readonly proto?: { readonly number: number; readonly wire: string };
}
