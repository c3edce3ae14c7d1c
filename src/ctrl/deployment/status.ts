import type { Deployment, DeploymentStatus, ReplicaSet } from "../../machinery/types/apps/v1.ts";
import { withCondition } from "../conditions.ts";
import { maxUnavailable, replicasOf } from "./limits.ts";
import type { Generations } from "./new-replica-set.ts";
import { availablePods, existingPods, readyPods, terminatingPods, wantedPods } from "./replica-sets.ts";
import type { Rollout } from "./rollout.ts";

/** The counts and the Available condition; what Progressing says is another question. Counts of 0 are left out, as on the wire. */
export function countedStatus(rollout: Rollout, { current, old }: Generations): DeploymentStatus {
  const { deployment } = rollout;
  const all: ReplicaSet[] = current ? [...old, current] : [...old];
  const available = availablePods(all);
  const terminating = terminatingPods(all);
  const enough = available >= replicasOf(deployment) - maxUnavailable(deployment);
  const { collisionCount, conditions } = deployment.status ?? {};
  const counts = {
    observedGeneration: deployment.metadata.generation ?? 0,
    replicas: existingPods(all),
    updatedReplicas: current ? existingPods([current]) : 0,
    readyReplicas: readyPods(all),
    availableReplicas: available,
    unavailableReplicas: Math.max(0, wantedPods(all) - available),
  };
  return {
    ...Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0)),
    ...(terminating === undefined ? {} : { terminatingReplicas: terminating }),
    ...(collisionCount === undefined ? {} : { collisionCount }),
    conditions: withCondition(
      conditions,
      enough
        ? rollout.condition("Available", "True", "MinimumReplicasAvailable", "Deployment has minimum availability.")
        : rollout.condition(
            "Available",
            "False",
            "MinimumReplicasUnavailable",
            "Deployment does not have minimum availability.",
          ),
    ),
  };
}

/** Every wanted pod is of the newest template and available, and no other is left. */
export function isComplete(deployment: Deployment, status: DeploymentStatus): boolean {
  const replicas = replicasOf(deployment);
  return (
    (status.updatedReplicas ?? 0) === replicas &&
    (status.replicas ?? 0) === replicas &&
    (status.availableReplicas ?? 0) === replicas &&
    (status.observedGeneration ?? 0) >= (deployment.metadata.generation ?? 0)
  );
}

const fields = [
  "observedGeneration",
  "replicas",
  "updatedReplicas",
  "readyReplicas",
  "availableReplicas",
  "unavailableReplicas",
  "terminatingReplicas",
  "collisionCount",
] as const;

export function sameStatus(a: DeploymentStatus | undefined, b: DeploymentStatus): boolean {
  return (
    fields.every((field) => (a?.[field] ?? 0) === (b[field] ?? 0)) &&
    JSON.stringify(a?.conditions ?? []) === JSON.stringify(b.conditions ?? [])
  );
}

/** Writes the counts alone: while nothing rolls, or it must not be judged. */
export async function writeCounts(rollout: Rollout, generations: Generations): Promise<void> {
  const status = countedStatus(rollout, generations);
  if (!sameStatus(rollout.deployment.status, status)) await rollout.updateStatus(status);
}
