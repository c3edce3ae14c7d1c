import type { Pod, PodCondition } from "../../../types/core/v1.ts";

export function podCondition(pod: Pod, type: string): PodCondition | undefined {
  return pod.status?.conditions?.find((condition) => condition.type === type);
}

export function isPodReady(pod: Pod): boolean {
  return podCondition(pod, "Ready")?.status === "True";
}

/** Ready for at least `minReadySeconds` at `now` (ms since the epoch): what workload controllers count as available. */
export function isPodAvailable(pod: Pod, minReadySeconds: number, now: number): boolean {
  const ready = podCondition(pod, "Ready");
  if (ready?.status !== "True") return false;
  if (minReadySeconds <= 0) return true;
  return ready.lastTransitionTime !== undefined && Date.parse(ready.lastTransitionTime) + minReadySeconds * 1000 <= now;
}

/** When a ready pod turns available, in ms since the epoch; undefined while it is not ready. */
export function podAvailableAt(pod: Pod, minReadySeconds: number): number | undefined {
  const ready = podCondition(pod, "Ready");
  if (ready?.status !== "True" || ready.lastTransitionTime === undefined) return undefined;
  return Date.parse(ready.lastTransitionTime) + minReadySeconds * 1000;
}

/**
 * The list with `condition` in it, in the place of the one of its type. A status that stays keeps its transition time.
 * The very same list comes back where nothing would change, so that callers can tell by identity.
 */
export function withPodCondition(
  conditions: readonly PodCondition[] | undefined,
  condition: PodCondition,
): readonly PodCondition[] {
  if (conditions === undefined) return [condition];
  const at = conditions.findIndex((other) => other.type === condition.type);
  const old = conditions[at];
  if (old === undefined) return [...conditions, condition];
  const next = old.status === condition.status ? keepTransition(condition, old) : condition;
  if (sameCondition(old, next)) return conditions;
  return conditions.map((other, index) => (index === at ? next : other));
}

function keepTransition(condition: PodCondition, old: PodCondition): PodCondition {
  return old.lastTransitionTime === undefined
    ? condition
    : { ...condition, lastTransitionTime: old.lastTransitionTime };
}

function sameCondition(a: PodCondition, b: PodCondition): boolean {
  return (
    a.status === b.status &&
    a.reason === b.reason &&
    a.message === b.message &&
    a.lastProbeTime === b.lastProbeTime &&
    a.lastTransitionTime === b.lastTransitionTime &&
    a.observedGeneration === b.observedGeneration
  );
}
