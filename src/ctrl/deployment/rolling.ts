/**
 * The arithmetic of a rolling update: never more than replicas + maxSurge pods wanted, never fewer than
 * replicas − maxUnavailable available by its own doing
 * (https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#rolling-update-deployment).
 */
import type { Deployment, ReplicaSet } from "../../machinery/types/apps/v1.ts";
import { isRollingUpdate, maxSurge, maxUnavailable, replicasOf } from "./limits.ts";
import { availablePods, oldestFirst, wantedPods } from "./replica-sets.ts";

export interface Resize {
  readonly replicaSet: ReplicaSet;
  readonly size: number;
}

/** How large the newest ReplicaSet may be now. `current` undefined: it is about to be made. */
export function newReplicaSetSize(
  deployment: Deployment,
  old: readonly ReplicaSet[],
  current: ReplicaSet | undefined,
): number {
  const desired = replicasOf(deployment);
  if (!isRollingUpdate(deployment)) return desired;
  const size = current ? replicasOf(current) : 0;
  if (size > desired) return desired;
  const room = desired + maxSurge(deployment) - wantedPods(old) - size;
  return room <= 0 ? size : size + Math.min(room, desired - size);
}

/**
 * How the old ReplicaSets may shrink now, in the order to do it: first what is not available anyway, so that a broken
 * rollout can be left, then what the available pods can spare. A ReplicaSet may come twice.
 */
export function shrinkOld(deployment: Deployment, old: readonly ReplicaSet[], current: ReplicaSet): Resize[] {
  if (wantedPods(old) === 0) return [];
  const minAvailable = replicasOf(deployment) - maxUnavailable(deployment);
  const newUnavailable = replicasOf(current) - (current.status?.availableReplicas ?? 0);
  const all = [...old, current];
  const limit = wantedPods(all) - minAvailable - newUnavailable;
  if (limit <= 0) return [];

  const resizes: Resize[] = [];
  const sorted = oldestFirst(old).filter((replicaSet) => replicasOf(replicaSet) > 0);
  const sizes = new Map(sorted.map((replicaSet) => [replicaSet, replicasOf(replicaSet)]));
  const shrink = (replicaSet: ReplicaSet, by: number) => {
    const size = (sizes.get(replicaSet) ?? 0) - by;
    sizes.set(replicaSet, size);
    resizes.push({ replicaSet, size });
  };

  let unhealthy = limit;
  for (const replicaSet of sorted) {
    const by = Math.min(unhealthy, replicasOf(replicaSet) - (replicaSet.status?.availableReplicas ?? 0));
    if (by <= 0) continue;
    shrink(replicaSet, by);
    unhealthy -= by;
  }
  let spare = availablePods(all) - minAvailable;
  for (const replicaSet of sorted) {
    const by = Math.min(spare, sizes.get(replicaSet) ?? 0);
    if (by <= 0) continue;
    shrink(replicaSet, by);
    spare -= by;
  }
  return resizes;
}
