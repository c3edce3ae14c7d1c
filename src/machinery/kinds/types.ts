/**
 * Kinds are data. A ResourceDefinition says all the one pipeline needs to serve a kind, built-in or custom; nothing in the
 * HTTP layer names a kind. What a built-in does beyond its schema is its Strategy: pure functions, no I/O, no clock.
 */
import type { KubeObject, UnstructuredObject } from "../meta/object.ts";
import type { Schema } from "../schema/types.ts";
import type { StatusCause } from "../types/meta/v1.ts";

export interface ResourceDefinition {
  readonly group: string;
  readonly names: ResourceNames;
  readonly scope: "Namespaced" | "Cluster";
  /** Served versions, the preferred first. */
  readonly versions: readonly ResourceVersionDefinition[];
  /** The version whose form is stored; conversions go through it. */
  readonly storageVersion: string;
  /** Only on a second view of what is at home in another group: events.k8s.io shows the events of "". */
  readonly storageGroup?: string;
  /**
   * Where the objects live in the store: "/registry/<storagePrefix>/<namespace>/<name>". Two definitions share it when
   * they are views of one thing (Event of "" and of events.k8s.io; HorizontalPodAutoscaler v1 and v2 share a definition).
   */
  readonly storagePrefix: string;
  /** Verbs of the main resource that are served; absent: all of them. Reviews serve "create" alone and store nothing. */
  readonly verbs?: readonly Verb[];
  /** The objects are not stored but made when they are read: usage metrics, component statuses. Only get and list. */
  readonly computed?: true;
  readonly subresources: Subresources;
  readonly strategy: Strategy;
  /** Printed by kubectl get: server-side tables. */
  readonly columns: readonly Column[];
  /** Values of a row, in the order of `columns`. `now` in ms since the epoch, for ages. Strings, numbers or booleans, as metav1.TableRow.cells. */
  cells(object: KubeObject, now: number): unknown[];
  /**
   * Fields that a field selector may name besides metadata.name and metadata.namespace, as in "spec.nodeName".
   * An unknown one is refused: `field label not supported: …`.
   */
  readonly selectableFields?: Readonly<Record<string, (object: KubeObject) => string>>;
  /**
   * Gives an object, in whatever form it was stored (its apiVersion tells), the form of a version of this definition.
   * Never changes what it is given. Absent where all that shares the storage has one form.
   */
  convert?(object: UnstructuredObject, toVersion: string): UnstructuredObject;
}

interface ResourceNames {
  readonly plural: string;
  readonly singular: string;
  readonly kind: string;
  readonly listKind: string;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
}

export interface ResourceVersionDefinition {
  readonly name: string;
  /** Resolved when first asked for: most kinds are never touched in a process' life. */
  schema(): Schema;
  readonly deprecated?: { readonly warning: string };
}

export type Verb = "create" | "get" | "list" | "watch" | "update" | "patch" | "delete" | "deletecollection";

export interface Subresources {
  readonly status?: true;
  readonly scale?: ScalePaths;
  /** Those with a handler of their own (binding, eviction, log, exec, token …), by name: what discovery says of them. */
  readonly other?: Readonly<
    Record<
      string,
      { readonly kind: string; readonly group?: string; readonly version?: string; readonly verbs: readonly string[] }
    >
  >;
}

/** JSON paths as a CRD's scale subresource has them. */
export interface ScalePaths {
  readonly specReplicasPath: string;
  readonly statusReplicasPath: string;
  /** Absent where the kind's selector is a LabelSelector under spec.selector. */
  readonly labelSelectorPath?: string;
}

export interface Column {
  readonly name: string;
  readonly type: "string" | "integer" | "number" | "boolean" | "date";
  readonly format?: string;
  readonly description: string;
  /** 0: always shown; 1: only with -o wide. */
  readonly priority: number;
}

/** One thing wrong with an object: becomes a cause of the 422 Status. */
export interface FieldError {
  readonly type: FieldErrorType;
  /** "spec.containers[0].name" */
  readonly field: string;
  /** In Kubernetes' words, without the field: `Required value`, `Invalid value: "x": must be …`. Made by machinery/status/field-errors.ts. */
  readonly message: string;
}

/** The reasons of metav1.StatusCause that field validation gives. */
export type FieldErrorType = NonNullable<StatusCause["reason"]>;

/**
 * What a built-in kind does beyond its schema. Every method is optional and pure. `prepare…` and `default…` get an object
 * of their own that they may change in place (it was just decoded); `old` is shared and must not be touched. `T` is the
 * kind's own type where a strategy is written; the pipeline sees any object.
 */
export interface Strategy<T = UnstructuredObject> {
  /** Fills in defaults that are not in the schema (Go's SetDefaults_…). Runs on every decoded object, before admission. */
  defaultObject?(object: T): void;
  /** What a create resets or sets: drops status, generation 1 is done by the pipeline. */
  prepareForCreate?(object: T): void;
  /** What an update of the main resource resets: by default the pipeline keeps old.status where the kind has a status subresource. */
  prepareForUpdate?(object: T, old: T): void;
  /** `now` in ms since the epoch. */
  prepareForStatusUpdate?(object: T, old: T, now: number): void;
  validate?(object: T): FieldError[];
  /** Runs beside validate(): what a new object may not have. */
  validateCreate?(object: T): FieldError[];
  /** Runs beside validate(): immutability and allowed transitions. */
  validateUpdate?(object: T, old: T): FieldError[];
  validateStatusUpdate?(object: T, old: T): FieldError[];
  /** Subresources beside status that take the whole object (GET, PUT, PATCH) and change a part of it: approval. */
  readonly partialUpdates?: Readonly<Record<string, PartialUpdate<T>>>;
  /** Texts for Warning headers. */
  warnings?(object: T, old?: T): string[];
  /** The name's rule; default DNS-1123 subdomain. */
  readonly nameRule?: "dns1123-subdomain" | "dns1123-label" | "dns1035-label" | "path-segment";
  /** Whether PUT on a name that does not exist creates it (Leases, Endpoints and a few more). */
  readonly allowCreateOnUpdate?: boolean;
  /** Whether an update without resourceVersion is accepted; default true. */
  readonly allowUnconditionalUpdate?: boolean;
  /** Whether a change outside metadata raises metadata.generation; default: the kind has spec (status and metadata do not count). */
  readonly hasGeneration?: boolean;
  /** The grace period in seconds that a delete without one gets; undefined: deleted at once. */
  graceSeconds?(object: T, requested: number | undefined): number | undefined;
  /** Whether something besides metadata.finalizers and the grace period holds a delete back: a Namespace's spec.finalizers. */
  holdsDeletion?(object: T): boolean;
  /** What a delete that has to wait sets besides deletionTimestamp: a Namespace's phase. Gets a copy to change. */
  prepareForDelete?(object: T): void;
  /** What happens to dependents when the delete does not say; default "background". */
  readonly defaultPropagation?: "background" | "foreground" | "orphan";
}

/** What an update through a subresource may change. As in Strategy: pure, `object` is changed in place, `old` is shared. */
export interface PartialUpdate<T = UnstructuredObject> {
  /** Takes back what is not the subresource's to change, before it is seen who changed what. */
  restrict(object: T, old: T): void;
  /** What the server sets. `now` in ms since the epoch. */
  prepare?(object: T, old: T, now: number): void;
  validate(object: T, old: T): FieldError[];
}
