import type { PolicyRule } from "../../../machinery/types/rbac/v1.ts";
import type { UserInfo } from "../../client/types.ts";
import type { Attributes, Decision } from "../types.ts";
import type { Policy } from "./policy.ts";
import { SubjectRules } from "./subject-rules.ts";

/** All that concerns one user, as of one generation of the policy. */
interface UserRules {
  readonly generation: number;
  readonly cluster: SubjectRules;
  readonly namespaces: Map<string, SubjectRules>;
}

export interface ResolvedRules {
  readonly rules: readonly PolicyRule[];
  /** Roles that are bound and do not exist. */
  readonly errors: readonly string[];
}

const noOpinion: Decision = { allowed: false };
/** Users whose identity comes anew with every request (tokens, impersonation) are found by name and groups. */
const userLimit = 4096;

/**
 * RBAC (k8s.io/kubernetes/plugin/pkg/auth/authorizer/rbac). Rules are gathered once per user and generation of the
 * policy; after that a decision is two lookups, without an allocation but the key.
 */
export class RbacAuthorizer {
  readonly #policy: Policy;
  readonly #byObject = new WeakMap<UserInfo, UserRules>();
  readonly #byName = new Map<string, UserRules>();

  constructor(policy: Policy) {
    this.#policy = policy;
  }

  authorize({
    user,
    verb,
    path,
    group = "",
    resource,
    subresource = "",
    namespace = "",
    name = "",
  }: Attributes): Decision {
    const held = this.#rulesOf(user);
    if (resource === undefined) return held.cluster.path(verb, path) ?? refusal(held.cluster.missing);
    const allowed = held.cluster.resource(verb, group, resource, subresource, name);
    if (allowed !== undefined) return allowed;
    const own = this.#namespace(held, user, namespace);
    if (own === undefined) return refusal(held.cluster.missing);
    return own.resource(verb, group, resource, subresource, name) ?? refusal([...held.cluster.missing, ...own.missing]);
  }

  /** Everything the user may do in the namespace, cluster-wide rules first. */
  rulesFor(user: UserInfo, namespace: string): ResolvedRules {
    const held = this.#rulesOf(user);
    const own = this.#namespace(held, user, namespace);
    return {
      rules: [...held.cluster.rules, ...(own?.rules ?? [])],
      errors: [...held.cluster.missing, ...(own?.missing ?? [])],
    };
  }

  #namespace(held: UserRules, { name, groups }: UserInfo, namespace: string): SubjectRules | undefined {
    if (namespace === "" || !this.#policy.hasGrants(namespace)) return undefined;
    let rules = held.namespaces.get(namespace);
    if (rules === undefined) {
      rules = new SubjectRules(this.#policy, this.#policy.grants(namespace, name, groups));
      held.namespaces.set(namespace, rules);
    }
    return rules;
  }

  #rulesOf(user: UserInfo): UserRules {
    const { generation } = this.#policy;
    let held = this.#byObject.get(user);
    if (held?.generation === generation) return held;
    const key = JSON.stringify([user.name, user.groups]);
    held = this.#byName.get(key);
    if (held?.generation !== generation) {
      if (this.#byName.size >= userLimit) this.#byName.clear();
      const cluster = new SubjectRules(this.#policy, this.#policy.grants("", user.name, user.groups));
      held = { generation, cluster, namespaces: new Map() };
      this.#byName.set(key, held);
    }
    this.#byObject.set(user, held);
    return held;
  }
}

function refusal(missing: readonly string[]): Decision {
  if (missing.length === 0) return noOpinion;
  const unique = [...new Set(missing)];
  return { allowed: false, reason: `RBAC: ${unique.length === 1 ? unique[0] : `[${unique.join(", ")}]`}` };
}
