/** Which pods go first when a ReplicaSet shrinks (https://kubernetes.io/docs/concepts/workloads/controllers/replicaset/#scaling-down-a-replicaset). */
import { podCondition } from "../../machinery/kinds/core/pod/conditions.ts";
import { isPodActive, isSidecar } from "../../machinery/kinds/core/pod/phase.ts";
import type { Pod } from "../../machinery/types/core/v1.ts";

const deletionCost = "controller.kubernetes.io/pod-deletion-cost";
const phases: Readonly<Record<string, number>> = { Pending: 0, Unknown: 1, Running: 2 };

interface Ranked {
  readonly pod: Pod;
  readonly assigned: boolean;
  readonly phase: number;
  readonly readySince: number | undefined;
  readonly ready: boolean;
  readonly cost: number;
  /** Active related pods on the same node. */
  readonly neighbours: number;
  readonly restarts: number;
  readonly sidecarRestarts: number;
  readonly createdAt: number | undefined;
}

/**
 * The `count` of `pods` to delete. `related` are all pods of the same application (those of a Deployment's other
 * ReplicaSets too): pods go first from nodes that hold many of them. `now` in ms since the epoch.
 */
export function podsToDelete(
  pods: readonly Pod[],
  related: readonly Pod[],
  count: number,
  now: number,
): readonly Pod[] {
  if (count >= pods.length) return pods;
  const perNode = new Map<string, number>();
  for (const pod of related) {
    const node = pod.spec?.nodeName;
    if (node && isPodActive(pod)) perNode.set(node, (perNode.get(node) ?? 0) + 1);
  }
  return pods
    .map((pod) => rank(pod, perNode.get(pod.spec?.nodeName ?? "") ?? 0))
    .sort((a, b) => compare(a, b, now))
    .slice(0, count)
    .map(({ pod }) => pod);
}

function rank(pod: Pod, neighbours: number): Ranked {
  const ready = podCondition(pod, "Ready");
  const restarts = restartCounts(pod);
  return {
    pod,
    assigned: (pod.spec?.nodeName ?? "") !== "",
    phase: phases[pod.status?.phase ?? ""] ?? 0,
    ready: ready?.status === "True",
    readySince: parse(ready?.lastTransitionTime),
    // Validation lets nothing else through; what is no number costs nothing.
    cost: Number.parseInt(pod.metadata.annotations?.[deletionCost] ?? "0", 10) || 0,
    neighbours,
    restarts: restarts.app,
    sidecarRestarts: restarts.sidecar,
    createdAt: parse(pod.metadata.creationTimestamp),
  };
}

/** Negative: `a` goes before `b`. */
function compare(a: Ranked, b: Ranked, now: number): number {
  return (
    Number(a.assigned) - Number(b.assigned) ||
    a.phase - b.phase ||
    Number(a.ready) - Number(b.ready) ||
    a.cost - b.cost ||
    b.neighbours - a.neighbours ||
    (a.ready && b.ready ? compareAges(a, b, a.readySince, b.readySince, now) : 0) ||
    b.restarts - a.restarts ||
    b.sidecarRestarts - a.sidecarRestarts ||
    compareAges(a, b, a.createdAt, b.createdAt, now)
  );
}

/**
 * The younger first, but only where the ages differ by an order of magnitude (base 2); else by uid, which is as good as
 * chance. Otherwise the pods of one rollout would all go before those of the one before (LogarithmicScaleDown).
 */
function compareAges(
  a: Ranked,
  b: Ranked,
  since1: number | undefined,
  since2: number | undefined,
  now: number,
): number {
  if (since1 === since2) return 0;
  if (since1 === undefined) return -1;
  if (since2 === undefined) return 1;
  const difference = magnitude(now - since1) - magnitude(now - since2);
  if (difference !== 0) return difference;
  return (a.pod.metadata.uid ?? "") < (b.pod.metadata.uid ?? "") ? -1 : 1;
}

/** Of nanoseconds, as Go's durations are. */
function magnitude(milliseconds: number): number {
  return milliseconds <= 0 ? -1 : Math.floor(Math.log2(milliseconds * 1e6));
}

function restartCounts(pod: Pod): { app: number; sidecar: number } {
  let app = 0;
  let sidecar = 0;
  for (const status of pod.status?.containerStatuses ?? []) app = Math.max(app, status.restartCount ?? 0);
  const sidecars = new Set(pod.spec?.initContainers?.filter(isSidecar).map(({ name }) => name));
  for (const status of pod.status?.initContainerStatuses ?? []) {
    if (sidecars.has(status.name)) sidecar = Math.max(sidecar, status.restartCount ?? 0);
  }
  return { app, sidecar };
}

function parse(time: string | undefined): number | undefined {
  return time === undefined ? undefined : Date.parse(time);
}
