/** A short way to write rules down. Lists are words in a text; they come out sorted, as kube-apiserver stores its own. */
import type { PolicyRule } from "../../../machinery/types/rbac/v1.ts";

export const read = "get list watch";
export const write = "create update patch delete deletecollection";
export const readWrite = `${read} ${write}`;

function words(text: string): string[] {
  return text.split(" ").sort();
}

/** `groups`: "core" is the group without a name. */
export function rule(verbs: string, groups: string, resources: string, names?: string): PolicyRule {
  const apiGroups = groups.split(" ").map((group) => (group === "core" ? "" : group));
  return {
    verbs: words(verbs),
    apiGroups: apiGroups.sort(),
    resources: words(resources),
    ...(names === undefined ? {} : { resourceNames: words(names) }),
  };
}

export function paths(verbs: string, urls: string): PolicyRule {
  return { verbs: words(verbs), nonResourceURLs: words(urls) };
}

export const eventsRule: PolicyRule = rule("create update patch", "core events.k8s.io", "events");
