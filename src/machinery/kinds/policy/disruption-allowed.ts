import type { Condition } from "../../types/meta/v1.ts";
import type { PodDisruptionBudgetStatus } from "../../types/policy/v1.ts";

const type = "DisruptionAllowed";
export const syncFailed = "SyncFailed";

/** Whether the budget lets a pod go, as a condition. */
export function disruptionAllowed(status: PodDisruptionBudgetStatus): Omit<Condition, "lastTransitionTime"> {
  const sufficient = (status.disruptionsAllowed ?? 0) > 0;
  return {
    type,
    status: sufficient ? "True" : "False",
    reason: sufficient ? "SufficientPods" : "InsufficientPods",
    message: "",
    ...(status.observedGeneration === undefined ? {} : { observedGeneration: status.observedGeneration }),
  };
}

/** The budget could not be reckoned, and nothing goes until it can. */
export function disruptionUnknown(
  { observedGeneration }: PodDisruptionBudgetStatus,
  why: string,
): Omit<Condition, "lastTransitionTime"> {
  const generation = observedGeneration === undefined ? {} : { observedGeneration };
  return { type, status: "False", reason: syncFailed, message: why, ...generation };
}

export function disruptionCondition({ conditions }: PodDisruptionBudgetStatus): Condition | undefined {
  return conditions?.find((condition) => condition.type === type);
}

/** `now` in RFC 3339; a condition whose status stays keeps its time. */
export function withDisruptionCondition(
  status: PodDisruptionBudgetStatus,
  condition: Omit<Condition, "lastTransitionTime">,
  now: string,
): PodDisruptionBudgetStatus {
  const old = disruptionCondition(status);
  const lastTransitionTime = old?.status === condition.status ? old.lastTransitionTime : now;
  const others = (status.conditions ?? []).filter((other) => other.type !== type);
  return { ...status, conditions: [...others, { ...condition, lastTransitionTime }] };
}
