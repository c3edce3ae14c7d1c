/** Whether a PolicyRule grants a request: pure, as k8s.io/kubernetes/pkg/apis/rbac's RuleAllows. */
import type { PolicyRule } from "../../../machinery/types/rbac/v1.ts";

/** Whether the rule speaks of the verb on the resource (`subresource` "" for the resource itself), whatever the object's name. */
export function grantsResource(
  rule: PolicyRule,
  verb: string,
  group: string,
  resource: string,
  subresource: string,
): boolean {
  return (
    includesOrAll(rule.verbs, verb) &&
    includesOrAll(rule.apiGroups, group) &&
    matchesResource(rule.resources, resource, subresource)
  );
}

export function grantsPath({ verbs, nonResourceURLs = [] }: PolicyRule, verb: string, path: string): boolean {
  return includesOrAll(verbs, verb) && nonResourceURLs.some((pattern) => matchesPath(pattern, path));
}

export function includesOrAll(values: readonly string[] | undefined, value: string): boolean {
  return values?.some((candidate) => candidate === "*" || candidate === value) ?? false;
}

function matchesResource(patterns: readonly string[] = [], resource: string, subresource: string): boolean {
  const full = subresource === "" ? resource : `${resource}/${subresource}`;
  for (const pattern of patterns) {
    if (pattern === "*" || pattern === full) return true;
    if (subresource !== "" && pattern === `*/${subresource}`) return true;
  }
  return false;
}

/** A star at the end stands for any rest. */
export function matchesPath(pattern: string, path: string): boolean {
  if (pattern === "*" || pattern === path) return true;
  return pattern.endsWith("*") && path.startsWith(pattern.replace(/\*+$/, ""));
}
