import { readQuantity } from "../../../quantity/read.ts";
import type { Container, PodSpec, ResourceList } from "../../../types/core/v1.ts";
import { isSidecar } from "./phase.ts";
import { isPodLevelResource } from "./resources.ts";

/**
 * Defaults of resources given for a pod as a whole (KEP-2837): requests follow what the containers request, else the
 * pod's limits; limits of huge pages follow the containers'.
 */
export function defaultPodLevelResources(spec: PodSpec): void {
  const { resources } = spec;
  if (resources === undefined || Object.keys(resources.limits ?? {}).length === 0) return;
  const requests: ResourceList = resources.requests ?? {};
  const requested = containerRequests(spec);
  for (const name in requested) {
    if (isPodLevelResource(name) && !name.startsWith("hugepages-")) requests[name] ??= requested[name] ?? "0";
  }
  for (const name in resources.limits) {
    if (isPodLevelResource(name)) requests[name] ??= resources.limits[name] ?? "0";
  }
  if (Object.keys(requests).length > 0) resources.requests = requests;
}

/** As exact quantities, in the form that is written. */
function containerRequests(spec: PodSpec): ResourceList {
  const together = sum(spec.containers);
  let sidecars: ResourceList = {};
  let starting: ResourceList = {};
  for (const container of spec.initContainers ?? []) {
    if (isSidecar(container)) {
      sidecars = plus(sidecars, container.resources?.requests);
      starting = larger(starting, sidecars);
    } else starting = larger(starting, plus(sidecars, container.resources?.requests));
  }
  return larger(plus(together, sidecars), starting);
}

function sum(containers: readonly Container[] | undefined): ResourceList {
  let total: ResourceList = {};
  for (const container of containers ?? []) total = plus(total, container.resources?.requests);
  return total;
}

function plus(a: ResourceList, b: ResourceList | undefined): ResourceList {
  const total = { ...a };
  for (const name in b) {
    const mine = total[name];
    const other = b[name] ?? "0";
    total[name] = mine === undefined ? other : readQuantity(mine).add(readQuantity(other)).toString();
  }
  return total;
}

function larger(a: ResourceList, b: ResourceList): ResourceList {
  const result = { ...a };
  for (const name in b) {
    const mine = result[name];
    const other = b[name] ?? "0";
    if (mine === undefined || readQuantity(other).compare(readQuantity(mine)) > 0) result[name] = other;
  }
  return result;
}
