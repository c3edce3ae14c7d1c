import type { UnstructuredObject } from "../../machinery/meta/object.ts";
import type { UserInfo } from "../client/types.ts";
import type { Resource } from "../registry/resource.ts";

export type Operation = "CREATE" | "UPDATE" | "DELETE" | "CONNECT";

/** A write as admission sees it. */
export interface AdmissionRequest {
  readonly operation: Operation;
  readonly user: UserInfo;
  readonly resource: Resource;
  readonly namespace: string;
  /** May be "" on a create with generateName. */
  readonly name: string;
  readonly subresource: string;
  readonly dryRun: boolean;
  /**
   * For mutating plugins the request's own, to be changed in place; for validating ones read-only. Absent on DELETE. A
   * POST to a subresource (eviction, binding, token) brings the body's kind, not the resource's.
   */
  readonly object?: UnstructuredObject;
  /** Shared, read-only. Absent on CREATE. */
  readonly old?: UnstructuredObject;
  warn(text: string): void;
}

/** One plugin. Both steps throw StatusError to refuse. A synchronous answer costs no turn of the loop. */
export interface AdmissionPlugin {
  /** As in kube-apiserver's --enable-admission-plugins. */
  readonly name: string;
  /**
   * Which writes concern it. Asked once for each kind of write and remembered, so that all other kinds pay nothing: the
   * answer must depend on these three alone.
   */
  handles(operation: Operation, resource: Resource, subresource: string): boolean;
  admit?(request: AdmissionRequest): void | Promise<void>;
  validate?(request: AdmissionRequest): void | Promise<void>;
}

export interface AdmissionChain {
  admit(request: AdmissionRequest): void | Promise<void>;
  validate(request: AdmissionRequest): void | Promise<void>;
}
