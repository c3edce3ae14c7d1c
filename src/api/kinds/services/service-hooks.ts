import type { UnstructuredObject } from "../../../machinery/meta/object.ts";
import { internalError, invalid } from "../../../machinery/status/errors.ts";
import { invalidValue } from "../../../machinery/status/field-errors.ts";
import type { Service, ServiceSpec } from "../../../machinery/types/core/v1.ts";
import type { KindHooks, Undo } from "../types.ts";
import { heldBy, type ServiceAllocators } from "./allocators.ts";

/** Gives Services their addresses and node ports, in the words of pkg/registry/core/service. */
export function serviceHooks(allocators: ServiceAllocators): KindHooks {
  return {
    returnsDeletedObject: true,
    beginCreate: (_call, object, dryRun) => allocate(allocators, object, undefined, dryRun),
    beginUpdate: (_call, object, old, dryRun) => allocate(allocators, object, old, dryRun),
    afterUpdate(object, old) {
      const now = heldBy(object);
      const before = heldBy(old);
      for (const address of before.addresses)
        if (!now.addresses.includes(address)) allocators.addresses.release(address);
      for (const port of before.ports) if (!now.ports.has(port)) allocators.ports.release(port);
    },
    afterDelete: (object) => allocators.release(object),
  };
}

/** Takes what the Service asks for or lacks. Undone when the write fails; a dry run gives everything back. */
function allocate(
  allocators: ServiceAllocators,
  object: UnstructuredObject,
  old: UnstructuredObject | undefined,
  dryRun: boolean,
): Undo | undefined {
  const service = object as unknown as Service;
  const { spec } = service;
  if (spec === undefined) return undefined;
  const taken: Undo[] = [];
  const undo = (): void => {
    for (const give of taken.splice(0)) give();
  };
  try {
    const before = old === undefined ? undefined : heldBy(old);
    takeAddress(allocators, service, spec, before?.addresses ?? [], taken);
    takePorts(allocators, service, spec, before?.ports ?? new Set(), taken);
  } catch (error) {
    undo();
    throw error;
  }
  if (!dryRun) return undo;
  undo();
  return undefined;
}

function takeAddress(
  { addresses }: ServiceAllocators,
  service: Service,
  spec: ServiceSpec,
  held: readonly string[],
  taken: Undo[],
): void {
  if (spec.type === "ExternalName") return;
  spec.ipFamilies ??= ["IPv4"];
  spec.ipFamilyPolicy ??= "SingleStack";
  if (spec.clusterIP === "None") {
    spec.clusterIPs = ["None"];
    return;
  }
  const asked = spec.clusterIP || spec.clusterIPs?.[0] || "";
  if (asked === "") {
    const address = addresses.takeNext();
    if (address === undefined)
      throw refused(service, "spec.clusterIPs[0]", "", "failed to allocate IP 0: range is full");
    taken.push(() => addresses.release(address));
    spec.clusterIP = address;
  } else if (!held.includes(asked)) {
    if (!addresses.contains(asked)) {
      const why = `failed to allocate IP ${asked}: the provided network does not match the current range`;
      throw refused(service, "spec.clusterIPs", [asked], why);
    }
    if (!addresses.take(asked)) {
      throw refused(
        service,
        "spec.clusterIPs",
        [asked],
        `failed to allocate IP ${asked}: provided IP is already allocated`,
      );
    }
    taken.push(() => addresses.release(asked));
    spec.clusterIP = asked;
  } else spec.clusterIP = asked;
  spec.clusterIPs = [spec.clusterIP, ...(spec.clusterIPs ?? []).slice(1)];
}

function takePorts(
  { ports }: ServiceAllocators,
  service: Service,
  spec: ServiceSpec,
  held: ReadonlySet<number>,
  taken: Undo[],
): void {
  const wanted =
    spec.type === "NodePort" || (spec.type === "LoadBalancer" && spec.allocateLoadBalancerNodePorts !== false);
  const mine = new Set(held);
  const take = (asked: number | undefined, field: string, protocolShares: boolean): number => {
    if (asked) {
      if (mine.has(asked) && (held.has(asked) || protocolShares)) return asked;
      if (!ports.contains(asked)) {
        throw refused(
          service,
          field,
          asked,
          `provided port is not in the valid range. The range of valid ports is ${ports.range}`,
        );
      }
      if (!ports.take(asked)) throw refused(service, field, asked, "provided port is already allocated");
      taken.push(() => ports.release(asked));
      mine.add(asked);
      return asked;
    }
    const port = ports.takeNext();
    if (port === undefined) throw internalError("failed to allocate a nodePort: range is full");
    taken.push(() => ports.release(port));
    mine.add(port);
    return port;
  };
  const external = spec.type === "NodePort" || spec.type === "LoadBalancer";
  const byNumber = new Map<number, number>();
  // What is asked for comes first, so that chance does not take it away.
  for (const [i, port] of (spec.ports ?? []).entries()) {
    if (external && port.nodePort) take(port.nodePort, `spec.ports[${i}].nodePort`, true);
    if (port.nodePort) byNumber.set(port.port, port.nodePort);
  }
  if (!wanted) return;
  for (const [i, port] of (spec.ports ?? []).entries()) {
    if (port.nodePort) continue;
    // TCP and UDP on one port get one number.
    const sibling = byNumber.get(port.port);
    const clash = (spec.ports ?? []).some((p) => p.nodePort === sibling && p.protocol === port.protocol);
    port.nodePort = sibling !== undefined && !clash ? sibling : take(undefined, `spec.ports[${i}].nodePort`, false);
    byNumber.set(port.port, port.nodePort);
  }
  if (spec.type === "LoadBalancer" && spec.externalTrafficPolicy === "Local") {
    spec.healthCheckNodePort = take(spec.healthCheckNodePort, "spec.healthCheckNodePort", false);
  }
}

function refused(service: Service, field: string, value: unknown, why: string): Error {
  return invalid({ group: "", kind: "Service" }, service.metadata.name ?? "", [invalidValue(field, value, why)]);
}
