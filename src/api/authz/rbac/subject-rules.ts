/** What one user may do in one place (a namespace, or the whole cluster), looked up and not searched from the second time on. */
import type { PolicyRule } from "../../../machinery/types/rbac/v1.ts";
import type { Decision } from "../types.ts";
import type { Grant, Policy } from "./policy.ts";
import { grantsPath, grantsResource } from "./rule-matching.ts";

interface HeldRule {
  readonly rule: PolicyRule;
  readonly decision: Decision;
}

/** What is known of a verb on a resource. */
interface Answer {
  /** Whatever the name. */
  readonly any: Decision | undefined;
  /** By name, where rules name some. */
  readonly named: ReadonlyMap<string, Decision> | undefined;
}

/** Paths may ask for resources without end: an index that has grown so far begins anew. */
const indexLimit = 2000;

export class SubjectRules {
  readonly #rules: HeldRule[] = [];
  readonly #paths: HeldRule[] = [];
  readonly #answers = new Map<string, Map<string, Answer>>();
  #size = 0;
  /** Roles that bindings name and that do not exist, as errors. */
  readonly missing: readonly string[];

  constructor(policy: Policy, grants: readonly Grant[]) {
    const missing: string[] = [];
    for (const grant of grants) {
      const rules = policy.rulesOf(grant);
      if (rules === undefined) {
        const kind = grant.roleKind === "ClusterRole" ? "clusterrole" : "role";
        missing.push(`${kind}.rbac.authorization.k8s.io ${JSON.stringify(grant.roleName)} not found`);
        continue;
      }
      const decision: Decision = { allowed: true, reason: grant.reason };
      for (const rule of rules) (rule.nonResourceURLs?.length ? this.#paths : this.#rules).push({ rule, decision });
    }
    this.missing = missing;
  }

  get rules(): PolicyRule[] {
    return [...this.#rules, ...this.#paths].map(({ rule }) => rule);
  }

  resource(verb: string, group: string, resource: string, subresource: string, name: string): Decision | undefined {
    let byResource = this.#answers.get(verb);
    if (byResource === undefined) {
      byResource = new Map();
      this.#answers.set(verb, byResource);
    }
    const key = subresource === "" ? `${group}/${resource}` : `${group}/${resource}/${subresource}`;
    let answer = byResource.get(key);
    if (answer === undefined) {
      answer = this.#search(verb, group, resource, subresource);
      if (++this.#size > indexLimit) {
        this.#answers.clear();
        this.#size = 0;
      } else byResource.set(key, answer);
    }
    return answer.any ?? answer.named?.get(name);
  }

  path(verb: string, path: string): Decision | undefined {
    for (const { rule, decision } of this.#paths) if (grantsPath(rule, verb, path)) return decision;
    return undefined;
  }

  #search(verb: string, group: string, resource: string, subresource: string): Answer {
    let named: Map<string, Decision> | undefined;
    for (const { rule, decision } of this.#rules) {
      if (!grantsResource(rule, verb, group, resource, subresource)) continue;
      if (!rule.resourceNames?.length) return { any: decision, named: undefined };
      named ??= new Map();
      for (const name of rule.resourceNames) if (!named.has(name)) named.set(name, decision);
    }
    return { any: undefined, named };
  }
}
