import type { UnstructuredObject } from "../../machinery/meta/object.ts";
import type { UserInfo } from "../client/types.ts";
import type { Resource } from "../registry/resource.ts";

/** A write as admission sees it. */
export interface AdmissionRequest {
  readonly operation: "CREATE" | "UPDATE" | "DELETE" | "CONNECT";
  readonly user: UserInfo;
  readonly resource: Resource;
  readonly namespace: string;
  /** May be "" on a create with generateName. */
  readonly name: string;
  readonly subresource: string;
  readonly dryRun: boolean;
  /** For mutating plugins the request's own, to be changed in place; for validating ones read-only. Absent on DELETE. */
  readonly object?: UnstructuredObject;
  /** Shared, read-only. Absent on CREATE. */
  readonly old?: UnstructuredObject;
  warn(text: string): void;
}

/** One plugin. Both steps throw StatusError to refuse. A synchronous answer costs no turn of the loop. */
export interface AdmissionPlugin {
  /** As in kube-apiserver's --enable-admission-plugins. */
  readonly name: string;
  handles(request: AdmissionRequest): boolean;
  admit?(request: AdmissionRequest): void | Promise<void>;
  validate?(request: AdmissionRequest): void | Promise<void>;
}

export interface AdmissionChain {
  admit(request: AdmissionRequest): void | Promise<void>;
  validate(request: AdmissionRequest): void | Promise<void>;
}
