import type { PolicyRule } from "../../machinery/types/rbac/v1.ts";
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
  /** Of a list or watch, as it was sent: nodes may look at what they select of their own. */
  readonly fieldSelector?: string;
}

export interface Decision {
  readonly allowed: boolean;
  /** Appended to a refusal's message. */
  readonly reason?: string;
}

/** Who may do what: see authorizer.ts. A synchronous decision costs no turn of the loop. */
export interface Authorizer {
  authorize(attributes: Attributes): Decision | Promise<Decision>;
}

export interface UserRules {
  readonly resourceRules: readonly PolicyRule[];
  readonly nonResourceRules: readonly PolicyRule[];
  /** Some rights are not told as rules, or a role could not be found. */
  readonly incomplete: boolean;
  readonly errors: readonly string[];
}

/** What a user may do in a namespace, for SelfSubjectRulesReview. */
export interface RuleResolver {
  rulesFor(user: UserInfo, namespace: string): UserRules;
}
