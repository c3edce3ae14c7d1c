import type { Deployment, ReplicaSet } from "../../machinery/types/apps/v1.ts";
import { maxReplicasOf } from "./annotations.ts";
import { maxSurge, replicasOf } from "./limits.ts";
import { byAge, wantedPods } from "./replica-sets.ts";
import type { Resize } from "./rolling.ts";

/**
 * The sizes of several active ReplicaSets when the Deployment is scaled in the middle of a rollout: what is added or taken
 * is spread in proportion to their sizes, so that a rollout that goes wrong does not get a larger share by it
 * (https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#proportional-scaling). What rounding leaves goes
 * to the largest.
 */
export function proportionalSizes(deployment: Deployment, active: readonly ReplicaSet[]): Resize[] {
  const desired = replicasOf(deployment);
  const allowed = desired > 0 ? desired + maxSurge(deployment) : 0;
  const toAdd = allowed - wantedPods(active);
  const newerFirst = toAdd > 0 ? -1 : 1;
  const sorted = [...active].sort((a, b) => replicasOf(b) - replicasOf(a) || newerFirst * byAge(a, b));
  let added = 0;
  const shares = sorted.map((replicaSet) => {
    const rest = toAdd - added;
    const fraction = rest === 0 ? 0 : fractionOf(deployment, replicaSet);
    const share = toAdd > 0 ? Math.min(fraction, rest) : Math.max(fraction, rest);
    added += share;
    return share;
  });
  return sorted.map((replicaSet, i) => {
    const share = (shares[i] ?? 0) + (i === 0 ? toAdd - added : 0);
    return { replicaSet, size: Math.max(0, replicasOf(replicaSet) + share) };
  });
}

/** By how much the ReplicaSet grows when it keeps its share of the whole. */
function fractionOf(deployment: Deployment, replicaSet: ReplicaSet): number {
  const size = replicasOf(replicaSet);
  const desired = replicasOf(deployment);
  if (desired === 0) return -size;
  // Without the annotation the present size of the Deployment is the best guess at what it was.
  const before = maxReplicasOf(replicaSet) || deployment.status?.replicas || 0;
  if (before === 0) return 0;
  return Math.round((size * (desired + maxSurge(deployment))) / before) - size;
}
