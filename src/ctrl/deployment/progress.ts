import type { Deployment, DeploymentCondition, DeploymentStatus } from "../../machinery/types/apps/v1.ts";
import { conditionOf, withCondition, withoutCondition } from "../conditions.ts";
import { progressDeadline } from "./limits.ts";
import type { Generations } from "./new-replica-set.ts";
import type { Rollout } from "./rollout.ts";
import { countedStatus, isComplete, sameStatus } from "./status.ts";

/**
 * Writes the status of a rollout: the counts, whether it gets on, and what keeps its ReplicaSets from making pods.
 * Resolves with the ms after which to look again, where only time can change the answer.
 */
export async function writeProgress(rollout: Rollout, generations: Generations): Promise<number | undefined> {
  const { deployment, now } = rollout;
  const before = deployment.status ?? {};
  const status = countedStatus(rollout, generations);
  const progressing = conditionOf(before.conditions, "Progressing");
  if (progressDeadline(deployment) === undefined) {
    status.conditions = withoutCondition(status.conditions, "Progressing");
  } else {
    // A rollout that has ended is not judged again when pods come and go.
    const ended = status.replicas === status.updatedReplicas && progressing?.reason === "NewReplicaSetAvailable";
    if (!ended) status.conditions = judged(rollout, generations, status);
  }
  const failure = replicaFailure(generations);
  status.conditions = failure
    ? withCondition(status.conditions, failure)
    : withoutCondition(status.conditions, "ReplicaFailure");

  if (!sameStatus(before, status)) {
    await rollout.updateStatus(status);
    return undefined;
  }
  return nextLook(deployment, status, now);
}

function judged(rollout: Rollout, { current }: Generations, status: DeploymentStatus): DeploymentCondition[] {
  const { deployment } = rollout;
  const before = deployment.status ?? {};
  const subject = current ? `ReplicaSet "${current.metadata.name}"` : `Deployment "${deployment.metadata.name}"`;
  if (isComplete(deployment, status)) {
    return withCondition(
      status.conditions,
      rollout.condition("Progressing", "True", "NewReplicaSetAvailable", `${subject} has successfully progressed.`),
    );
  }
  if (hasProgressed(before, status)) {
    const condition = rollout.condition("Progressing", "True", "ReplicaSetUpdated", `${subject} is progressing.`);
    const last = conditionOf(before.conditions, "Progressing");
    // The update time moves with every step, even though status and reason stay: the deadline counts from it.
    if (last?.status === "True" && last.lastTransitionTime !== undefined) {
      condition.lastTransitionTime = last.lastTransitionTime;
    }
    return [...withoutCondition(status.conditions, "Progressing"), condition];
  }
  if (hasTimedOut(deployment, status, rollout.now)) {
    return withCondition(
      status.conditions,
      rollout.condition("Progressing", "False", "ProgressDeadlineExceeded", `${subject} has timed out progressing.`),
    );
  }
  return status.conditions ?? [];
}

/** More new pods, fewer old ones, or more of them ready or available than before. */
function hasProgressed(before: DeploymentStatus, after: DeploymentStatus): boolean {
  const oldPods = (status: DeploymentStatus) => (status.replicas ?? 0) - (status.updatedReplicas ?? 0);
  return (
    (after.updatedReplicas ?? 0) > (before.updatedReplicas ?? 0) ||
    oldPods(after) < oldPods(before) ||
    (after.readyReplicas ?? 0) > (before.readyReplicas ?? 0) ||
    (after.availableReplicas ?? 0) > (before.availableReplicas ?? 0)
  );
}

function hasTimedOut(deployment: Deployment, status: DeploymentStatus, now: number): boolean {
  const deadline = progressDeadline(deployment);
  const condition = conditionOf(status.conditions, "Progressing");
  if (deadline === undefined || !condition || condition.reason === "NewReplicaSetAvailable") return false;
  if (condition.reason === "ProgressDeadlineExceeded") return true;
  return lastUpdate(condition) + deadline < now;
}

/** Nobody tells when the deadline passes, so that the controller asks for it. */
function nextLook(deployment: Deployment, status: DeploymentStatus, now: number): number | undefined {
  const deadline = progressDeadline(deployment);
  const condition = conditionOf(deployment.status?.conditions, "Progressing");
  if (deadline === undefined || !condition || condition.reason === "ProgressDeadlineExceeded") return undefined;
  if (isComplete(deployment, status)) return undefined;
  // A second more, since timestamps are in whole seconds.
  return Math.max(lastUpdate(condition) + deadline - now, 0) + 1000;
}

function lastUpdate(condition: DeploymentCondition): number {
  return Date.parse(condition.lastUpdateTime ?? condition.lastTransitionTime ?? "") || 0;
}

/** What the newest ReplicaSet suffers from comes before what the old ones do. */
function replicaFailure({ current, old }: Generations): DeploymentCondition | undefined {
  for (const { status } of current ? [current, ...old] : old) {
    const failed = conditionOf(status?.conditions, "ReplicaFailure");
    if (!failed) continue;
    const { lastTransitionTime } = failed;
    return { ...failed, ...(lastTransitionTime === undefined ? {} : { lastUpdateTime: lastTransitionTime }) };
  }
  return undefined;
}
