import { isPodAvailable, isPodReady, podAvailableAt } from "../../machinery/kinds/core/pod/conditions.ts";
import { labelSelectorFromSet } from "../../machinery/selectors/labels.ts";
import type { ReplicaSetStatus } from "../../machinery/types/apps/v1.ts";
import type { Pod } from "../../machinery/types/core/v1.ts";
import { conditionOf, timestamp, withCondition, withoutCondition } from "../conditions.ts";
import type { Replicated } from "./replica-kind.ts";

export interface Counted {
  /** Active pods that the controller owns. */
  readonly active: readonly Pod[];
  /** Owned pods that are being deleted and have not ended yet; undefined for a kind that does not count them. */
  readonly terminating: readonly Pod[] | undefined;
  /** Why the last creation or deletion of pods failed. */
  readonly failure?: unknown;
}

export function replicaStatus(object: Replicated, { active, terminating, failure }: Counted, now: number) {
  const minReadySeconds = object.spec?.minReadySeconds ?? 0;
  const template = labelSelectorFromSet(object.spec?.template?.metadata?.labels);
  const counts = {
    fullyLabeledReplicas: count(active, (pod) => template.matches(pod.metadata.labels)),
    readyReplicas: count(active, isPodReady),
    availableReplicas: count(active, (pod) => isPodAvailable(pod, minReadySeconds, now)),
    observedGeneration: object.metadata.generation ?? 0,
  };
  const status: ReplicaSetStatus = {
    replicas: active.length,
    // As on the wire: these are left out where they are 0.
    ...Object.fromEntries(Object.entries(counts).filter(([, number]) => number !== 0)),
    ...(terminating ? { terminatingReplicas: terminating.length } : {}),
    ...(object.status?.conditions ? { conditions: object.status.conditions } : {}),
  };
  const failed = conditionOf(status.conditions, "ReplicaFailure");
  if (failure !== undefined && !failed) {
    const missing = active.length < (object.spec?.replicas ?? 0);
    status.conditions = withCondition(status.conditions, {
      type: "ReplicaFailure",
      status: "True",
      lastTransitionTime: timestamp(now),
      reason: missing ? "FailedCreate" : "FailedDelete",
      message: failure instanceof Error ? failure.message : String(failure),
    });
  } else if (failure === undefined && failed) {
    status.conditions = withoutCondition(status.conditions, "ReplicaFailure");
    if (status.conditions.length === 0) delete status.conditions;
  }
  return status;
}

const counts = [
  "replicas",
  "fullyLabeledReplicas",
  "readyReplicas",
  "availableReplicas",
  "terminatingReplicas",
  "observedGeneration",
] as const;

/** A count that is not written stands for 0. */
export function sameReplicaStatus(a: ReplicaSetStatus | undefined, b: ReplicaSetStatus): boolean {
  return (
    a !== undefined &&
    counts.every((field) => (a[field] ?? 0) === (b[field] ?? 0)) &&
    JSON.stringify(a.conditions ?? []) === JSON.stringify(b.conditions ?? [])
  );
}

/** In how many ms the next of the ready pods turns available; undefined when none waits for it. */
export function nextAvailability(pods: readonly Pod[], minReadySeconds: number, now: number): number | undefined {
  let next: number | undefined;
  for (const pod of pods) {
    const at = podAvailableAt(pod, minReadySeconds);
    if (at !== undefined && at > now && (next === undefined || at < next)) next = at;
  }
  return next === undefined ? undefined : next - now;
}

function count(pods: readonly Pod[], test: (pod: Pod) => boolean): number {
  let number = 0;
  for (const pod of pods) if (test(pod)) number++;
  return number;
}
