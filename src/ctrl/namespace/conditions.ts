import type { NamespaceCondition } from "../../machinery/types/core/v1.ts";
import { conditionOf, timestamp } from "../conditions.ts";
import type { Remaining } from "./content.ts";

interface Finding {
  readonly reason: string;
  readonly message: string;
}

/** What is said while nothing is wrong, in the order in which the conditions stand. */
const fine: readonly (readonly [type: string, finding: Finding])[] = [
  [
    "NamespaceDeletionDiscoveryFailure",
    { reason: "ResourcesDiscovered", message: "All resources successfully discovered" },
  ],
  [
    "NamespaceDeletionGroupVersionParsingFailure",
    { reason: "ParsedGroupVersions", message: "All legacy kube types successfully parsed" },
  ],
  [
    "NamespaceDeletionContentFailure",
    { reason: "ContentDeleted", message: "All content successfully deleted, may be waiting on finalization" },
  ],
  ["NamespaceContentRemaining", { reason: "ContentRemoved", message: "All content successfully removed" }],
  [
    "NamespaceFinalizersRemaining",
    { reason: "ContentHasNoFinalizers", message: "All content-preserving finalizers finished" },
  ],
];

/**
 * The conditions of a namespace that is being deleted. `discovery` is why its kinds could not be told, if so. The very
 * same list comes back where nothing has changed.
 */
export function deletionConditions(
  before: readonly NamespaceCondition[] | undefined,
  remaining: Remaining,
  discovery: unknown,
  now: number,
): readonly NamespaceCondition[] {
  const wrong = findings(remaining, discovery);
  let changed = false;
  const own = fine.map(([type, otherwise]): NamespaceCondition => {
    const finding = wrong.get(type);
    const status = finding ? "True" : "False";
    const { reason, message } = finding ?? otherwise;
    const old = conditionOf(before, type);
    if (old && old.status === status && old.reason === reason && old.message === message) return old;
    changed = true;
    const stays = old?.status === status ? old.lastTransitionTime : undefined;
    return { type, status, lastTransitionTime: stays ?? timestamp(now), reason, message };
  });
  if (before && !changed) return before;
  const others = (before ?? []).filter(({ type }) => !fine.some(([known]) => known === type));
  return [...others, ...own];
}

function findings({ resources, finalizers, errors }: Remaining, discovery: unknown): Map<string, Finding> {
  const wrong = new Map<string, Finding>();
  if (discovery !== undefined) {
    const message = `Discovery failed for some groups, 1 failing: ${textOf(discovery)}`;
    wrong.set("NamespaceDeletionDiscoveryFailure", { reason: "DiscoveryFailed", message });
  }
  if (errors.length > 0) {
    const message = `Failed to delete all resource types, ${errors.length} remaining: ${errors.map(textOf).join(", ")}`;
    wrong.set("NamespaceDeletionContentFailure", { reason: "ContentDeletionFailed", message });
  }
  if (resources.size > 0) {
    const list = [...resources].map(([resource, count]) => `${resource} has ${count} resource instances`).sort();
    const message = `Some resources are remaining: ${list.join(", ")}`;
    wrong.set("NamespaceContentRemaining", { reason: "SomeResourcesRemain", message });
  }
  if (finalizers.size > 0) {
    const list = [...finalizers].map(([finalizer, count]) => `${finalizer} in ${count} resource instances`).sort();
    const message = `Some content in the namespace has finalizers remaining: ${list.join(", ")}`;
    wrong.set("NamespaceFinalizersRemaining", { reason: "SomeFinalizersRemain", message });
  }
  return wrong;
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
