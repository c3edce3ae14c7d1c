/** The table of facts about Kubernetes' own types, as it stands in kubernetes-1.36.json (imported, so that bundles carry it). */
import facts from "./kubernetes-1.36.json" with { type: "json" };

export interface TypeRef {
  readonly t?: string;
  readonly ref?: string;
  readonly list?: TypeRef;
  readonly map?: TypeRef;
  readonly key?: TypeRef;
}

export interface FieldFact {
  readonly name?: string;
  readonly type: TypeRef;
  readonly inline?: boolean;
  readonly optional?: boolean;
  readonly required?: boolean;
  readonly omitempty?: boolean;
  readonly pointer?: boolean;
  readonly proto?: number;
  readonly wire?: string;
  readonly listType?: "atomic" | "set" | "map";
  readonly listMapKeys?: readonly string[];
  readonly mapType?: "atomic" | "granular";
  readonly patchStrategy?: string;
  readonly patchMergeKey?: string;
  readonly default?: unknown;
}

export interface TypeFact {
  readonly kind: "struct" | "alias";
  readonly fields?: readonly FieldFact[];
  readonly type?: TypeRef;
  readonly values?: readonly string[];
  readonly enum?: boolean;
  readonly structType?: "atomic" | "granular";
}

export interface ResourceFact {
  /** "k8s.io/api/apps/v1.Deployment" */
  readonly type: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly methods?: readonly string[];
  readonly lifecycle?: Readonly<Record<string, string>>;
}

export interface Table {
  readonly types: Readonly<Record<string, TypeFact>>;
  readonly resources: readonly ResourceFact[];
}

export const typeTable: Table = facts as unknown as Table;
