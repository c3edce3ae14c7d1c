import { podRequests } from "../../machinery/kinds/core/pod/resources.ts";
import { quantityMilliValue, quantityValue } from "../../machinery/quantity/read.ts";
import type { Pod, ResourceList } from "../../machinery/types/core/v1.ts";

/** Why the node does not agree to a resize; the texts are the kubelet's. */
export interface ResizeRefusal {
  /** Infeasible: not on this node, ever. Deferred: not now. */
  readonly reason: "Infeasible" | "Deferred";
  readonly message: string;
}

/** Whether the node has what the pod wishes beside what all other pods were allocated; undefined where it has. */
export function resizeRefusal(
  wish: Pod,
  others: Iterable<Pod>,
  allocatable: Readonly<ResourceList>,
): ResizeRefusal | undefined {
  const wished = podRequests(wish);
  const capacity = { cpu: quantityMilliValue(allocatable.cpu), memory: quantityValue(allocatable.memory) };
  for (const name of ["memory", "cpu"] as const) {
    const requested = wished[name] ?? 0;
    if (requested <= capacity[name]) continue;
    const message = `Node didn't have enough capacity: ${name}, requested: ${requested}, capacity: ${capacity[name]}`;
    return { reason: "Infeasible", message };
  }
  const used = { cpu: 0, memory: 0 };
  for (const other of others) {
    const { cpu = 0, memory = 0 } = podRequests(other);
    used.cpu += cpu;
    used.memory += memory;
  }
  for (const name of ["cpu", "memory"] as const) {
    const requested = wished[name] ?? 0;
    if (requested === 0 || requested + used[name] <= capacity[name]) continue;
    const message = `Node didn't have enough resource: ${name}, requested: ${requested}, used: ${used[name]}, capacity: ${capacity[name]}`;
    return { reason: "Deferred", message };
  }
  return undefined;
}
