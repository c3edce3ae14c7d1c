/** https://kubernetes.io/docs/concepts/workloads/pods/pod-qos/ */
import { readQuantity } from "../../machinery/quantity/read.ts";
import type { Pod, ResourceList } from "../../machinery/types/core/v1.ts";

export type QosClass = "Guaranteed" | "Burstable" | "BestEffort";

const counted = ["cpu", "memory"] as const;

export function qosClassOf(pod: Pod): QosClass {
  const whole = pod.spec?.resources;
  const all = whole ? [{ resources: whole }] : [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])];
  let any = false;
  let guaranteed = true;
  for (const { resources } of all) {
    for (const name of counted) {
      const request = amount(resources?.requests, name);
      const limit = amount(resources?.limits, name);
      if (request !== 0n || limit !== 0n) any = true;
      // A request that is not given is the limit.
      if (limit === 0n || (resources?.requests?.[name] !== undefined && request !== limit)) guaranteed = false;
    }
  }
  if (!any) return "BestEffort";
  return guaranteed ? "Guaranteed" : "Burstable";
}

/** Comparable across suffixes: thousandths. */
function amount(list: ResourceList | undefined, name: string): bigint {
  const text = list?.[name];
  return text === undefined ? 0n : BigInt(readQuantity(text).milliValue());
}
