import { quantityMilliValue, quantityValue } from "../../../quantity/read.ts";
import { amountOf, setAmount } from "../../../quantity/resource-list.ts";
import type { Container, Pod, PodSpec, ResourceList } from "../../../types/core/v1.ts";
import { isSidecar } from "./phase.ts";

/** By resource name. "cpu" in thousandths of a core, all else in whole units (bytes, devices), rounded up. */
export type ResourceTotals = Record<string, number>;

type Kind = "requests" | "limits";

/** What a pod takes of a node: k8s.io/component-helpers/resource.PodRequests. The object is the caller's. */
export function podRequests(pod: Pod): ResourceTotals {
  return totals(pod.spec, "requests");
}

/** PodLimits: overhead counts only on resources that are limited at all. */
export function podLimits(pod: Pod): ResourceTotals {
  return totals(pod.spec, "limits");
}

/**
 * The containers' own needs, without the pod's: app containers and sidecars run together, an init container runs with
 * the sidecars before it alone, and the larger of both is needed.
 */
function containerTotals(spec: PodSpec, kind: Kind): ResourceTotals {
  const together: ResourceTotals = {};
  for (const container of spec.containers ?? []) add(together, container.resources?.[kind]);
  if (!spec.initContainers?.length) return together;
  const sidecars: ResourceTotals = {};
  const starting: ResourceTotals = {};
  for (const container of spec.initContainers) {
    if (isSidecar(container)) {
      add(together, container.resources?.[kind]);
      add(sidecars, container.resources?.[kind]);
      raise(starting, sidecars);
    } else raise(starting, withSidecars(container, sidecars, kind));
  }
  raise(together, starting);
  return together;
}

/** Resources that may be given for a pod as a whole: they then count instead of the containers' sum. */
export function isPodLevelResource(name: string): boolean {
  return name === "cpu" || name === "memory" || name.startsWith("hugepages-");
}

function totals(spec: PodSpec | undefined, kind: Kind): ResourceTotals {
  if (spec === undefined) return {};
  const sum = containerTotals(spec, kind);
  const whole = spec.resources?.[kind];
  for (const name in whole) if (isPodLevelResource(name)) sum[name] = amount(name, whole[name]);
  for (const name in spec.overhead) {
    if (kind === "limits" && amountOf(sum, name) === undefined) continue;
    setAmount(sum, name, (amountOf(sum, name) ?? 0) + amount(name, spec.overhead[name]));
  }
  return sum;
}

function withSidecars(container: Container, sidecars: ResourceTotals, kind: Kind): ResourceTotals {
  const sum: ResourceTotals = { ...sidecars };
  add(sum, container.resources?.[kind]);
  return sum;
}

function add(sum: ResourceTotals, resources: ResourceList | undefined): void {
  for (const name in resources) sum[name] = (sum[name] ?? 0) + amount(name, resources[name]);
}

function raise(sum: ResourceTotals, other: ResourceTotals): void {
  for (const name in other) sum[name] = Math.max(sum[name] ?? 0, other[name] ?? 0);
}

function amount(name: string, quantity: string | undefined): number {
  return name === "cpu" ? quantityMilliValue(quantity) : quantityValue(quantity);
}
