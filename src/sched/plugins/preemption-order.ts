import type { PodInfo } from "../snapshot/pod-info.ts";

export interface PreemptionCandidate {
  readonly nodeName: string;
  /** The most important first. */
  readonly victims: readonly PodInfo[];
}

/** Sorts by what is kept longest: higher priority, then the longer life. */
export function moreImportant(a: PodInfo, b: PodInfo): number {
  return b.priority - a.priority || startOf(a) - startOf(b);
}

/**
 * Whether taking the victims of `a` hurts less than those of `b`, as kube-scheduler judges: by the highest priority among
 * them, the sum of priorities, the number, and how long the most important ones have been running.
 */
export function lessPainful(a: PreemptionCandidate, b: PreemptionCandidate): boolean {
  for (const measure of [highest, sum, count, youth]) {
    const difference = measure(a.victims) - measure(b.victims);
    if (difference !== 0) return difference < 0;
  }
  return false;
}

function highest(victims: readonly PodInfo[]): number {
  return Math.max(Number.NEGATIVE_INFINITY, ...victims.map(({ priority }) => priority));
}

/** Priorities may be negative: each counts from the lowest there is. */
function sum(victims: readonly PodInfo[]): number {
  return victims.reduce((total, { priority }) => total + priority + 2 ** 31, 0);
}

function count(victims: readonly PodInfo[]): number {
  return victims.length;
}

/** Smaller the later the oldest of the most important victims began. */
function youth(victims: readonly PodInfo[]): number {
  const top = highest(victims);
  return -Math.min(...victims.filter(({ priority }) => priority === top).map(startOf));
}

function startOf({ pod }: PodInfo): number {
  const time = pod.status?.startTime ?? pod.metadata.creationTimestamp;
  return (time ? Date.parse(time) : 0) || 0;
}
