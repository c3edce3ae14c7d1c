import { isPodReady } from "../../machinery/kinds/core/pod/conditions.ts";
import {
  disruptionAllowed,
  disruptionUnknown,
  withDisruptionCondition,
} from "../../machinery/kinds/policy/disruption-allowed.ts";
import type { Pod } from "../../machinery/types/core/v1.ts";
import type { PodDisruptionBudget, PodDisruptionBudgetStatus } from "../../machinery/types/policy/v1.ts";
import { timestamp } from "../conditions.ts";
import type { Expectation } from "./expected.ts";

/** An eviction that was granted and not carried out for so long (ms) no longer counts. */
export const deletionTimeout = 120_000;

export interface Disrupted {
  /** Granted evictions that are still awaited: name and time. */
  readonly pods: Readonly<Record<string, string>>;
  /** Those that were awaited too long. */
  readonly overdue: readonly Pod[];
  /** When (ms since the epoch) the next of them is overdue. */
  readonly recheckAt: number | undefined;
}

/** What becomes of status.disruptedPods: a pod that is being deleted, or that is gone, has done what was expected of it. */
export function disruptedPods({ status }: PodDisruptionBudget, pods: readonly Pod[], now: number): Disrupted {
  const kept: Record<string, string> = {};
  const overdue: Pod[] = [];
  let recheckAt: number | undefined;
  for (const pod of pods) {
    const name = pod.metadata.name ?? "";
    const granted = status?.disruptedPods?.[name];
    if (granted === undefined || pod.metadata.deletionTimestamp !== undefined) continue;
    const due = Date.parse(granted) + deletionTimeout;
    if (due < now) {
      overdue.push(pod);
      continue;
    }
    kept[name] = granted;
    if (recheckAt === undefined || due < recheckAt) recheckAt = due;
  }
  return { pods: kept, overdue, recheckAt };
}

export function statusOf(
  { metadata, status: old = {} }: PodDisruptionBudget,
  pods: readonly Pod[],
  { expectedPods, desiredHealthy }: Expectation,
  disrupted: Disrupted["pods"],
  now: number,
): PodDisruptionBudgetStatus {
  const healthy = pods.filter(
    (pod) =>
      pod.metadata.deletionTimestamp === undefined &&
      disrupted[pod.metadata.name ?? ""] === undefined &&
      isPodReady(pod),
  );
  const left = expectedPods <= 0 ? 0 : Math.max(0, healthy.length - desiredHealthy);
  const { disruptedPods: _, ...rest } = old;
  const next: PodDisruptionBudgetStatus = {
    ...rest,
    currentHealthy: healthy.length,
    desiredHealthy,
    expectedPods,
    disruptionsAllowed: left,
    ...(Object.keys(disrupted).length === 0 ? {} : { disruptedPods: { ...disrupted } }),
    ...(metadata.generation === undefined ? {} : { observedGeneration: metadata.generation }),
  };
  return withDisruptionCondition(next, disruptionAllowed(next), timestamp(now));
}

/** What cannot be reckoned lets nothing go. */
export function failedStatus(
  { status = {} }: PodDisruptionBudget,
  why: string,
  now: number,
): PodDisruptionBudgetStatus {
  const next = { ...status, disruptionsAllowed: 0 };
  return withDisruptionCondition(next, disruptionUnknown(next, why), timestamp(now));
}
