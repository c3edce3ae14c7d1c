import type { ResourceDefinition } from "../machinery/kinds/types.ts";
import type { GroupVersionResource } from "../machinery/meta/object.ts";

export interface StoredKind extends GroupVersionResource {
  readonly kind: string;
  readonly namespaced: boolean;
}

/**
 * The kinds whose objects stay in the store and can be listed and deleted, in their preferred version. Of several views of
 * one thing (Events of "" and of events.k8s.io) only the first counts.
 */
export function storedKinds(definitions: readonly ResourceDefinition[]): StoredKind[] {
  const seen = new Set<string>();
  const kinds: StoredKind[] = [];
  for (const { group, names, scope, versions, verbs, storageGroup = group, storagePrefix } of definitions) {
    if (verbs && !(verbs.includes("list") && verbs.includes("delete"))) continue;
    const place = `${storageGroup}/${storagePrefix}`;
    const version = versions[0]?.name;
    if (version === undefined || seen.has(place)) continue;
    seen.add(place);
    kinds.push({ group, version, resource: names.plural, kind: names.kind, namespaced: scope === "Namespaced" });
  }
  return kinds;
}
