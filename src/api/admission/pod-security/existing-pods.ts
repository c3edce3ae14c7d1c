import { reasonText, violations } from "../../../machinery/pod-security/checks.ts";
import { type LevelVersion, standardText } from "../../../machinery/pod-security/policy.ts";
import type { Pod } from "../../../machinery/types/core/v1.ts";

/** More would hold up everybody else for the sake of a warning. */
const most = 3000;

/** What a stricter level would have refused of what runs already; pods that do the same are told together. */
export function warningsForPods(namespace: string, pods: readonly Pod[], enforce: LevelVersion): string[] {
  const groups = new Map<string, { first: string; count: number }>();
  for (const { metadata, spec } of pods.slice(0, most)) {
    if (spec === undefined) continue;
    const found = violations(enforce, spec, metadata);
    if (found.length === 0) continue;
    const reasons = reasonText(found);
    const name = metadata.name ?? "";
    const group = groups.get(reasons);
    if (group === undefined) groups.set(reasons, { first: name, count: 1 });
    else {
      group.count++;
      if (name < group.first) group.first = name;
    }
  }
  const warnings: string[] = [];
  if (pods.length > most) {
    warnings.push(
      `new PodSecurity enforce level only checked against the first ${most} of ${pods.length} existing pods`,
    );
  }
  if (groups.size === 0) return warnings;
  warnings.push(
    `existing pods in namespace "${namespace}" violate the new PodSecurity enforce level "${standardText(enforce)}"`,
  );
  const lines = [...groups].map(([reasons, { first, count }]) => {
    const others = count === 1 ? "" : count === 2 ? " (and 1 other pod)" : ` (and ${count - 1} other pods)`;
    return `${first}${others}: ${reasons}`;
  });
  return [...warnings, ...lines.sort()];
}
