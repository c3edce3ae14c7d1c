/**
 * What of a pod's wished resources the node has agreed to (KEP-1287): containers are made and resized by what is
 * allocated, never by what is only wished.
 */
import type { Container, ContainerStatus, Pod, ResourceRequirements } from "../../machinery/types/core/v1.ts";

/** By container name. */
export type Allocation = ReadonlyMap<string, ResourceRequirements>;

/** What runs was allocated, whatever the spec says by now; everything else gets what it asks for. */
export function firstAllocation({ spec, status }: Pod): Allocation {
  const running = new Map<string, ContainerStatus>();
  for (const list of [status?.containerStatuses, status?.initContainerStatuses]) {
    for (const container of list ?? []) if (container.resources) running.set(container.name, container);
  }
  const allocation = new Map<string, ResourceRequirements>();
  for (const { name, resources = {} } of resizable(spec)) {
    allocation.set(name, running.get(name)?.resources ?? resources);
  }
  return allocation;
}

export function wishedAllocation({ spec }: Pod): Allocation {
  return new Map(resizable(spec).map(({ name, resources = {} }) => [name, resources]));
}

export function withAllocation(pod: Pod, allocation: Allocation): Pod {
  const { spec } = pod;
  if (spec === undefined || isAllocated(pod, allocation)) return pod;
  const allocated = (container: Container): Container => ({
    ...container,
    resources: allocation.get(container.name) ?? container.resources ?? {},
  });
  return {
    ...pod,
    spec: {
      ...spec,
      containers: spec.containers.map(allocated),
      ...(spec.initContainers ? { initContainers: spec.initContainers.map(allocated) } : {}),
    },
  };
}

/** Whether the node has agreed to all that the pod wishes. */
export function isAllocated({ spec }: Pod, allocation: Allocation): boolean {
  return resizable(spec).every(({ name, resources }) => sameResources(allocation.get(name), resources));
}

export function sameResources(a: ResourceRequirements = {}, b: ResourceRequirements = {}): boolean {
  return (["requests", "limits"] as const).every((kind) => {
    const names = new Set([...Object.keys(a[kind] ?? {}), ...Object.keys(b[kind] ?? {})]);
    return [...names].every((name) => a[kind]?.[name] === b[kind]?.[name]);
  });
}

function resizable(spec: Pod["spec"]): readonly Container[] {
  return [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])];
}
