/** Which requests a FlowSchema is for: k8s.io/apiserver/pkg/util/flowcontrol/rule.go. */
import type {
  FlowSchema,
  PolicyRulesWithSubjects,
  ResourcePolicyRule,
  Subject,
} from "../../machinery/types/flowcontrol/v1.ts";
import type { Attributes } from "../authz/types.ts";
import type { UserInfo } from "../client/types.ts";

/** The rules of a schema that are about one user. */
export class UserMatcher {
  readonly #rules: readonly PolicyRulesWithSubjects[];
  /** Matches whatever the user asks for, as most of the defaults do. */
  readonly #all: boolean;

  constructor(rules: readonly PolicyRulesWithSubjects[], all = false) {
    this.#rules = rules;
    this.#all =
      all ||
      (rules.some(({ resourceRules }) => resourceRules?.some(isEveryResource)) &&
        rules.some(({ nonResourceRules }) =>
          nonResourceRules?.some(({ verbs, nonResourceURLs }) => verbs.includes("*") && nonResourceURLs.includes("*")),
        ));
  }

  matches(attributes: Attributes): boolean {
    if (this.#all) return true;
    for (const { resourceRules, nonResourceRules } of this.#rules) {
      if (attributes.resource === undefined) {
        const { verb, path } = attributes;
        if (nonResourceRules?.some((rule) => has(rule.verbs, verb) && hasPath(rule.nonResourceURLs, path))) return true;
      } else if (resourceRules?.some((rule) => matchesResource(rule, attributes))) return true;
    }
    return false;
  }
}

/** undefined: the schema is not about this user. */
export function matcherFor({ spec }: FlowSchema, user: UserInfo): UserMatcher | undefined {
  const rules = (spec?.rules ?? []).filter(({ subjects }) => subjects.some((subject) => isSubject(subject, user)));
  return rules.length === 0 ? undefined : new UserMatcher(rules);
}

function isSubject(subject: Subject, { name, groups }: UserInfo): boolean {
  switch (subject.kind) {
    case "User":
      return subject.user?.name === "*" || subject.user?.name === name;
    case "Group":
      return subject.group?.name === "*" || groups.includes(subject.group?.name ?? "");
    case "ServiceAccount": {
      const { namespace, name: account } = subject.serviceAccount ?? { namespace: "", name: "" };
      const prefix = `system:serviceaccount:${namespace}:`;
      return account === "*" ? name.startsWith(prefix) : name === prefix + account;
    }
    default:
      return false;
  }
}

function isEveryResource(rule: ResourcePolicyRule): boolean {
  const { verbs, apiGroups, resources, namespaces = [], clusterScope } = rule;
  return [verbs, apiGroups, resources, namespaces].every((list) => list.includes("*")) && clusterScope === true;
}

function matchesResource(rule: ResourcePolicyRule, attributes: Attributes): boolean {
  const { verb, group = "", resource = "", subresource = "", namespace = "" } = attributes;
  if (!has(rule.verbs, verb) || !has(rule.apiGroups, group)) return false;
  if (!has(rule.resources, subresource === "" ? resource : `${resource}/${subresource}`)) return false;
  return namespace === "" ? rule.clusterScope === true : has(rule.namespaces ?? [], namespace);
}

function has(list: readonly string[], value: string): boolean {
  return list.includes(value) || list.includes("*");
}

function hasPath(urls: readonly string[], path: string): boolean {
  return urls.some((url) => url === "*" || url === path || (url.endsWith("*") && path.startsWith(url.slice(0, -1))));
}
