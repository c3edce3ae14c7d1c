/**
 * What a pod asks of a node, as the scheduler reckons it: containers together, or the most that any step of the
 * initialisation needs beside the sidecars started by then, plus overhead; requests of the pod as a whole take the place of
 * that sum (https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/#resource-sharing-within-containers).
 */
import { readQuantity } from "../../machinery/quantity/read.ts";
import type { Container, Pod, ResourceRequirements } from "../../machinery/types/core/v1.ts";

/** cpu in thousandths, everything else in whole units. */
export type ResourceAmounts = Map<string, number>;

/** What a container that asks for no cpu or memory is taken for when nodes are scored: 100m and 200 MiB. */
export const scoredDefaults: ReadonlyMap<string, number> = new Map([
  ["cpu", 100],
  ["memory", 200 * 1024 * 1024],
]);

const none: ReadonlyMap<string, number> = new Map();

/** `defaults`: what a container is taken to ask for where it says nothing. */
export function podRequests(pod: Pod, defaults: ReadonlyMap<string, number> = none): ResourceAmounts {
  const { containers = [], initContainers = [], overhead, resources } = pod.spec ?? { containers: [] };
  const total: ResourceAmounts = new Map();
  for (const container of containers) add(total, containerRequests(container, pod, defaults));
  const sidecars: ResourceAmounts = new Map();
  const peak: ResourceAmounts = new Map();
  for (const container of initContainers) {
    const needs = containerRequests(container, pod, defaults);
    if (container.restartPolicy === "Always") {
      add(total, needs);
      add(sidecars, needs);
      raise(peak, sidecars);
    } else {
      add(needs, sidecars);
      raise(peak, needs);
    }
  }
  raise(total, peak);
  for (const [name, amount] of amounts(resources?.requests)) if (podLevel(name)) total.set(name, amount);
  add(total, amounts(overhead));
  return total;
}

/** While a resize is under way a container counts with the most of what is wanted, allocated and actuated. */
function containerRequests(container: Container, pod: Pod, defaults: ReadonlyMap<string, number>): ResourceAmounts {
  const needs = amounts(container.resources?.requests);
  const status = pod.status?.containerStatuses?.find((one) => one.name === container.name);
  if (status?.allocatedResources) raise(needs, amounts(status.allocatedResources));
  if (status?.resources?.requests) raise(needs, amounts(status.resources.requests));
  for (const [name, amount] of defaults) if (!needs.has(name)) needs.set(name, amount);
  return needs;
}

function podLevel(name: string): boolean {
  return name === "cpu" || name === "memory" || name.startsWith("hugepages-");
}

export function amounts(list: ResourceRequirements["requests"]): ResourceAmounts {
  const result: ResourceAmounts = new Map();
  if (list) for (const name in list) result.set(name, amountOf(name, list[name]));
  return result;
}

function amountOf(name: string, quantity: string | number | undefined): number {
  if (quantity === undefined) return 0;
  const parsed = readQuantity(String(quantity));
  return name === "cpu" ? parsed.milliValue() : parsed.value();
}

function add(to: ResourceAmounts, from: ReadonlyMap<string, number>): void {
  for (const [name, amount] of from) to.set(name, (to.get(name) ?? 0) + amount);
}

function raise(to: ResourceAmounts, from: ReadonlyMap<string, number>): void {
  for (const [name, amount] of from) if (amount > (to.get(name) ?? 0)) to.set(name, amount);
}
