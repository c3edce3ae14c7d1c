import { isPodReady } from "../../machinery/kinds/core/pod/conditions.ts";
import type { DaemonSetStatus } from "../../machinery/types/apps/v1.ts";
import type { DaemonView } from "./daemon-view.ts";

export function daemonSetStatus(view: DaemonView, collisionCount: number | undefined): DaemonSetStatus {
  const { set, nodes } = view;
  let [desired, current, misscheduled, ready, updated, available] = [0, 0, 0, 0, 0, 0];
  for (const { name, run } of nodes) {
    const pods = view.podsOn(name);
    if (!run) {
      if (pods.length > 0) misscheduled++;
      continue;
    }
    desired++;
    const [oldest] = pods;
    if (!oldest) continue;
    current++;
    if (isPodReady(oldest)) ready++;
    if (isPodReady(oldest) && view.isAvailable(oldest)) available++;
    if (view.isUpdated(oldest)) updated++;
  }
  const unavailable = desired - available;
  return {
    currentNumberScheduled: current,
    numberMisscheduled: misscheduled,
    desiredNumberScheduled: desired,
    numberReady: ready,
    // As on the wire: these are left out where they are 0.
    ...(set.metadata.generation ? { observedGeneration: set.metadata.generation } : {}),
    ...(updated ? { updatedNumberScheduled: updated } : {}),
    ...(available ? { numberAvailable: available } : {}),
    ...(unavailable ? { numberUnavailable: unavailable } : {}),
    ...(collisionCount ? { collisionCount } : {}),
    ...(set.status?.conditions ? { conditions: set.status.conditions } : {}),
  };
}

const counts = [
  "currentNumberScheduled",
  "numberMisscheduled",
  "desiredNumberScheduled",
  "numberReady",
  "observedGeneration",
  "updatedNumberScheduled",
  "numberAvailable",
  "numberUnavailable",
  "collisionCount",
] as const;

export function sameDaemonSetStatus(a: DaemonSetStatus | undefined, b: DaemonSetStatus): boolean {
  return a !== undefined && counts.every((field) => (a[field] ?? 0) === (b[field] ?? 0));
}
