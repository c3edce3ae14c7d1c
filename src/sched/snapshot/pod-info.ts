import { type HostPort, hostPorts } from "../../machinery/kinds/core/pod/ports.ts";
import { keyOf } from "../../machinery/meta/object.ts";
import type { Pod } from "../../machinery/types/core/v1.ts";
import { podRequests, scoredDefaults } from "./pod-requests.ts";
import { podsColumn, type ResourceColumns } from "./resource-columns.ts";

export interface ResourceRequest {
  readonly column: number;
  /** cpu in thousandths, everything else in whole units; greater than 0. */
  readonly amount: number;
}

/** What the scheduler needs to know of a pod again and again, worked out once per version of the pod. */
export interface PodInfo {
  /** "namespace/name" */
  readonly key: string;
  readonly uid: string;
  readonly pod: Pod;
  readonly priority: number;
  /** What it takes from a node, the one pod that it is included. */
  readonly requests: readonly ResourceRequest[];
  /** With the defaults for containers that ask for nothing: only to score by. */
  readonly scoredCpu: number;
  readonly scoredMemory: number;
  readonly hostPorts: readonly HostPort[];
}

export function createPodInfo(pod: Pod, columns: ResourceColumns): PodInfo {
  const requests: ResourceRequest[] = [{ column: podsColumn, amount: 1 }];
  for (const [name, amount] of podRequests(pod)) if (amount > 0) requests.push({ column: columns.of(name), amount });
  const scored = podRequests(pod, scoredDefaults);
  return {
    key: keyOf(pod),
    uid: pod.metadata.uid ?? "",
    pod,
    priority: pod.spec?.priority ?? 0,
    requests,
    scoredCpu: scored.get("cpu") ?? 0,
    scoredMemory: scored.get("memory") ?? 0,
    hostPorts: hostPorts(pod),
  };
}

/** Whether both take the same from a node, so that one may stand for the other without anything to reckon anew. */
export function sameLoad(a: PodInfo, b: PodInfo): boolean {
  if (a.scoredCpu !== b.scoredCpu || a.scoredMemory !== b.scoredMemory) return false;
  if (a.requests.length !== b.requests.length || a.hostPorts.length !== b.hostPorts.length) return false;
  const amounts = new Map(b.requests.map(({ column, amount }) => [column, amount]));
  if (!a.requests.every(({ column, amount }) => amounts.get(column) === amount)) return false;
  return a.hostPorts.every((port, i) => {
    const other = b.hostPorts[i];
    return other && port.port === other.port && port.hostIP === other.hostIP && port.protocol === other.protocol;
  });
}
