import type { UserInfo } from "../client/types.ts";

/** What somebody wants to do. `resource` absent: a path that is not of a resource. */
export interface Attributes {
  readonly user: UserInfo;
  /** get, list, watch, create, update, patch, delete, deletecollection; for paths the HTTP method in lower case. */
  readonly verb: string;
  readonly path: string;
  readonly group?: string;
  readonly version?: string;
  readonly resource?: string;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name?: string;
}

export interface Decision {
  readonly allowed: boolean;
  /** Appended to a refusal's message. */
  readonly reason?: string;
}

/** RBAC and the Node authorizer come behind this face. A synchronous decision costs no turn of the loop. */
export interface Authorizer {
  authorize(attributes: Attributes): Decision | Promise<Decision>;
}
