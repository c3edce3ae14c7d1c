import type { ReplicaSet } from "../../machinery/types/apps/v1.ts";
import { isNotFound } from "../controller.ts";
import { historyLimit, replicasOf } from "./limits.ts";
import { lowestRevisionFirst } from "./replica-sets.ts";
import type { Rollout } from "./rollout.ts";

/** Deletes the oldest revisions beyond the history limit, where they have no pods any more. */
export async function cleanUpHistory(rollout: Rollout, old: readonly ReplicaSet[]): Promise<void> {
  const limit = historyLimit(rollout.deployment);
  if (limit === undefined) return;
  const alive = old.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const surplus = lowestRevisionFirst(alive).slice(0, Math.max(0, alive.length - limit));
  for (const replicaSet of surplus) {
    const { metadata, status } = replicaSet;
    const observed = (metadata.generation ?? 0) <= (status?.observedGeneration ?? 0);
    if ((status?.replicas ?? 0) !== 0 || replicasOf(replicaSet) !== 0 || !observed) continue;
    try {
      await rollout.replicaSetClient.delete(metadata.name ?? "", { preconditions: { uid: metadata.uid ?? "" } });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
}
