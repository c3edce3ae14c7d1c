import { isPodTerminal } from "../../machinery/kinds/core/pod/phase.ts";
import type { Pod } from "../../machinery/types/core/v1.ts";
import { cleanUpHistory } from "./history.ts";
import { replicasOf } from "./limits.ts";
import { ensureNew, type Generations } from "./new-replica-set.ts";
import { writeProgress } from "./progress.ts";
import { active, existingPods } from "./replica-sets.ts";
import { newReplicaSetSize, shrinkOld } from "./rolling.ts";
import type { Rollout } from "./rollout.ts";
import { isComplete } from "./status.ts";

/** One step of a rolling update; resolves as writeProgress() does. */
export async function rollingUpdate(rollout: Rollout, generations: Generations): Promise<number | undefined> {
  const { old } = generations;
  let current = await ensureNew(rollout, generations);
  const size = newReplicaSetSize(rollout.deployment, old, current);
  if (size !== replicasOf(current)) {
    current = await rollout.scale(current, size);
    return writeProgress(rollout, { current, old });
  }
  const resizes = shrinkOld(rollout.deployment, old, current);
  const sized = new Map(old.map((replicaSet) => [replicaSet, replicaSet]));
  for (const { replicaSet, size } of resizes) {
    sized.set(replicaSet, await rollout.scale(sized.get(replicaSet) ?? replicaSet, size));
  }
  if (resizes.length === 0 && isComplete(rollout.deployment, rollout.deployment.status ?? {})) {
    await cleanUpHistory(rollout, old);
  }
  return writeProgress(rollout, { current, old: [...sized.values()] });
}

/**
 * One step of Recreate: all old pods go, and only when the last has ended does the new ReplicaSet come.
 * `pods` are all that the Deployment's ReplicaSets own, by the uid of the ReplicaSet.
 */
export async function recreate(
  rollout: Rollout,
  generations: Generations,
  pods: ReadonlyMap<string, readonly Pod[]>,
): Promise<number | undefined> {
  const doomed = active(generations.old);
  if (doomed.length > 0) {
    const old = [];
    for (const replicaSet of generations.old) old.push(await rollout.scale(replicaSet, 0));
    return writeProgress(rollout, { ...generations, old });
  }
  if (existingPods(generations.old) > 0 || oldPodsRun(generations.current?.metadata.uid, pods)) {
    return writeProgress(rollout, generations);
  }
  const { old } = generations;
  const current = await rollout.scale(await ensureNew(rollout, generations), replicasOf(rollout.deployment));
  if (isComplete(rollout.deployment, rollout.deployment.status ?? {})) await cleanUpHistory(rollout, old);
  return writeProgress(rollout, { current, old });
}

/** Pods that are being deleted run until they have ended. */
function oldPodsRun(current: string | undefined, pods: ReadonlyMap<string, readonly Pod[]>): boolean {
  for (const [uid, owned] of pods) {
    if (uid !== current && owned.some((pod) => !isPodTerminal(pod))) return true;
  }
  return false;
}
