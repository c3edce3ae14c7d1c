import type { PodSpec, ResourceList } from "../../../types/core/v1.ts";
import { containerList } from "./resource-lists.ts";
import { isPodLevelResource } from "./resources.ts";

/**
 * Defaults of resources given for a pod as a whole (KEP-2837): requests follow what the containers request, else the
 * pod's limits; limits of huge pages follow the containers'.
 */
export function defaultPodLevelResources(spec: PodSpec): void {
  const { resources } = spec;
  if (resources === undefined || Object.keys(resources.limits ?? {}).length === 0) return;
  const requests: ResourceList = resources.requests ?? {};
  const requested = containerList(spec, "requests");
  for (const name in requested) {
    if (isPodLevelResource(name) && !name.startsWith("hugepages-")) requests[name] ??= requested[name] ?? "0";
  }
  for (const name in resources.limits) {
    if (isPodLevelResource(name)) requests[name] ??= resources.limits[name] ?? "0";
  }
  if (Object.keys(requests).length > 0) resources.requests = requests;
}
