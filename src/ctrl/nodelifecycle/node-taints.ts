/** The taints that say what state a node is in (https://kubernetes.io/docs/reference/labels-annotations-taints/). */
import type { Node, NodeCondition, Taint } from "../../machinery/types/core/v1.ts";

const notReady = "node.kubernetes.io/not-ready";
const unreachable = "node.kubernetes.io/unreachable";
const unschedulable = "node.kubernetes.io/unschedulable";

/** By condition that is True. */
const conditionTaints: Readonly<Record<string, string>> = {
  MemoryPressure: "node.kubernetes.io/memory-pressure",
  DiskPressure: "node.kubernetes.io/disk-pressure",
  PIDPressure: "node.kubernetes.io/pid-pressure",
  NetworkUnavailable: "node.kubernetes.io/network-unavailable",
};

const ours = new Set([notReady, unreachable, unschedulable, ...Object.values(conditionTaints)]);

export function readyCondition(node: Node): NodeCondition | undefined {
  return node.status?.conditions?.find(({ type }) => type === "Ready");
}

/** Whether pods are to be evicted for the node's state, as far as that is a matter of taints now. */
export function hasEvictionTaint(node: Node): boolean {
  return (node.spec?.taints ?? []).some(isEvictionTaint);
}

/**
 * The node's taints as they should be; the very same list where nothing changes. `evict`: whether a node that is not
 * ready gets its NoExecute taint. `now` in RFC 3339 becomes the timeAdded of new ones.
 */
export function taintsFor(node: Node, evict: boolean, now: string): readonly Taint[] {
  const current = node.spec?.taints ?? [];
  const wanted = new Map<string, { key: string; effect: string }>();
  const want = (key: string, effect: string) => wanted.set(`${key} ${effect}`, { key, effect });
  const ready = readyCondition(node)?.status;
  const state = ready === "False" ? notReady : ready === "Unknown" ? unreachable : undefined;
  if (state) want(state, "NoSchedule");
  if (state && evict) want(state, "NoExecute");
  for (const { type, status } of node.status?.conditions ?? []) {
    const key = conditionTaints[type];
    if (key && status === "True") want(key, "NoSchedule");
  }
  if (node.spec?.unschedulable) want(unschedulable, "NoSchedule");
  const kept = current.filter((taint) => !isOurs(taint) || wanted.delete(`${taint.key} ${taint.effect}`));
  if (wanted.size === 0 && kept.length === current.length) return current;
  return [...kept, ...[...wanted.values()].map((taint) => ({ ...taint, timeAdded: now }))];
}

function isEvictionTaint({ key, effect }: Taint): boolean {
  return effect === "NoExecute" && (key === notReady || key === unreachable);
}

function isOurs(taint: Taint): boolean {
  return isEvictionTaint(taint) || (taint.effect === "NoSchedule" && ours.has(taint.key));
}
