import type { Deployment, ReplicaSet } from "../../machinery/types/apps/v1.ts";
import { desiredReplicasOf } from "./annotations.ts";
import { isRollingUpdate, replicasOf } from "./limits.ts";
import type { Generations } from "./new-replica-set.ts";
import { proportionalSizes } from "./proportional.ts";
import { active, oldestFirst } from "./replica-sets.ts";
import type { Rollout } from "./rollout.ts";

/** Whether the Deployment's size has changed since its ReplicaSets were sized. */
export function isScalingEvent(deployment: Deployment, { current, old }: Generations): boolean {
  return active(current ? [...old, current] : old).some((replicaSet) => {
    const desired = desiredReplicasOf(replicaSet);
    return desired !== undefined && desired !== replicasOf(deployment);
  });
}

/** Brings the ReplicaSets to the Deployment's size without moving a rollout on. */
export async function scale(rollout: Rollout, { current, old }: Generations): Promise<void> {
  const { deployment } = rollout;
  const desired = replicasOf(deployment);
  const all = current ? [...old, current] : [...old];
  const wanting = active(all);
  if (wanting.length <= 1) {
    const only = wanting[0] ?? current ?? oldestFirst(old).at(-1);
    if (only && replicasOf(only) !== desired) await rollout.scale(only, desired);
    return;
  }
  if (current && isSaturated(deployment, current)) {
    // Old ones that still want pods were adopted meanwhile.
    for (const replicaSet of active(old)) await rollout.scale(replicaSet, 0);
    return;
  }
  if (!isRollingUpdate(deployment)) return;
  for (const { replicaSet, size } of proportionalSizes(deployment, wanting)) await rollout.scale(replicaSet, size);
}

/** The ReplicaSet alone makes up the Deployment, and all of it is available. */
function isSaturated(deployment: Deployment, replicaSet: ReplicaSet): boolean {
  const desired = replicasOf(deployment);
  return (
    replicasOf(replicaSet) === desired &&
    desiredReplicasOf(replicaSet) === desired &&
    (replicaSet.status?.availableReplicas ?? 0) === desired
  );
}
