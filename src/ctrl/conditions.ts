/** What the conditions of all workloads have in common (metav1.Condition's older kin: no observedGeneration). */
export interface WorkloadCondition {
  type: string;
  status: string;
  lastUpdateTime?: string;
  lastTransitionTime?: string;
  reason?: string;
  message?: string;
}

export function conditionOf<C extends WorkloadCondition>(conditions: readonly C[] | undefined, type: string) {
  return conditions?.find((condition) => condition.type === type);
}

export function withoutCondition<C extends WorkloadCondition>(conditions: readonly C[] | undefined, type: string): C[] {
  return (conditions ?? []).filter((condition) => condition.type !== type);
}

/**
 * The conditions with this one, as kube's controllers set it: one that has the same status and reason stays as it is
 * (a new message alone is not worth a write), and the transition time moves only with the status.
 */
export function withCondition<C extends WorkloadCondition>(conditions: readonly C[] | undefined, condition: C): C[] {
  const current = conditionOf(conditions, condition.type);
  if (current && current.status === condition.status && current.reason === condition.reason) {
    return [...(conditions ?? [])];
  }
  const next = { ...condition };
  if (current?.status === condition.status && current.lastTransitionTime !== undefined) {
    next.lastTransitionTime = current.lastTransitionTime;
  }
  return [...withoutCondition(conditions, condition.type), next];
}

/** RFC 3339 in whole seconds, as metav1.Time stands on the wire. */
export function timestamp(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19)}Z`;
}
