/** The numbers a Deployment's spec comes to, its defaults filled in. */
import { rollingUpdateBounds } from "../../machinery/kinds/apps/int-or-percent.ts";
import type { Deployment } from "../../machinery/types/apps/v1.ts";

const maxInt32 = 2 ** 31 - 1;

export function replicasOf(object: { spec?: { replicas?: number } }): number {
  return object.spec?.replicas ?? 1;
}

export function isRollingUpdate({ spec }: Deployment): boolean {
  return (spec?.strategy?.type ?? "RollingUpdate") === "RollingUpdate";
}

/** How many pods a rollout may add beyond the replicas; 0 where it does not roll. */
export function maxSurge(deployment: Deployment): number {
  return isRollingUpdate(deployment) ? bounds(deployment).maxSurge : 0;
}

/** How many of the replicas a rollout may take away; 0 where it does not roll or nothing is wanted. */
export function maxUnavailable(deployment: Deployment): number {
  const replicas = replicasOf(deployment);
  if (!isRollingUpdate(deployment) || replicas === 0) return 0;
  return Math.min(bounds(deployment).maxUnavailable, replicas);
}

function bounds(deployment: Deployment): { maxSurge: number; maxUnavailable: number } {
  const { maxSurge = "25%", maxUnavailable = "25%" } = deployment.spec?.strategy?.rollingUpdate ?? {};
  return rollingUpdateBounds(replicasOf(deployment), maxSurge, maxUnavailable);
}

/** In ms; undefined where progress is not watched. */
export function progressDeadline({ spec }: Deployment): number | undefined {
  const seconds = spec?.progressDeadlineSeconds;
  return seconds === undefined || seconds === maxInt32 ? undefined : seconds * 1000;
}

/** How many old ReplicaSets are kept; undefined: all of them. */
export function historyLimit({ spec }: Deployment): number | undefined {
  const limit = spec?.revisionHistoryLimit;
  return limit === maxInt32 ? undefined : limit;
}
