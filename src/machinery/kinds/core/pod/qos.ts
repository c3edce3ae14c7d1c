import { readQuantity } from "../../../quantity/read.ts";
import type { Container, Pod, ResourceList } from "../../../types/core/v1.ts";

export type QosClass = "Guaranteed" | "Burstable" | "BestEffort";

const counted = ["cpu", "memory"] as const;

/**
 * From cpu and memory of all containers (init containers count): Guaranteed where every one limits both and requests as
 * much, BestEffort where none names either, Burstable between. Pod-level resources, where given, decide alone.
 */
export function qosClassOf(pod: Pod): QosClass {
  const { spec } = pod;
  if (spec?.resources?.requests || spec?.resources?.limits) {
    return classOf(namesAny(spec.resources), guaranteed(spec.resources));
  }
  const containers: readonly Container[] = [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])];
  return classOf(
    containers.some((container) => namesAny(container.resources)),
    containers.every((container) => guaranteed(container.resources)),
  );
}

function classOf(any: boolean, all: boolean): QosClass {
  return all ? "Guaranteed" : any ? "Burstable" : "BestEffort";
}

interface Resources {
  readonly requests?: ResourceList;
  readonly limits?: ResourceList;
}

function namesAny(resources: Resources | undefined): boolean {
  return counted.some((name) => set(resources?.requests?.[name]) || set(resources?.limits?.[name]));
}

function guaranteed(resources: Resources | undefined): boolean {
  return counted.every((name) => {
    const limit = resources?.limits?.[name];
    const request = resources?.requests?.[name] ?? limit;
    return set(limit) && set(request) && readQuantity(limit).compare(readQuantity(request)) === 0;
  });
}

function set(quantity: string | undefined): quantity is string {
  return quantity !== undefined && readQuantity(quantity).nanos > 0n;
}
