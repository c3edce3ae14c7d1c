/** An Endpoints object that somebody keeps by hand, in the form of EndpointSlices. */
import type { EndpointAddress, Endpoints } from "../../machinery/types/core/v1.ts";
import type { Endpoint, EndpointPort } from "../../machinery/types/discovery/v1.ts";
import { portsKey } from "../endpointslice/pack.ts";

export interface MirroredGroup {
  readonly addressType: "IPv4" | "IPv6";
  readonly ports: EndpointPort[];
  readonly endpoints: Endpoint[];
}

/** As kube-controller-manager's --mirroring-max-endpoints-per-subset. */
const MAX_PER_SUBSET = 1000;

/** One group for each family and set of ports. An address that is ready in one subset is ready. */
export function mirroredGroups({ subsets = [] }: Endpoints): MirroredGroup[] {
  const groups = new Map<string, MirroredGroup>();
  for (const { addresses = [], notReadyAddresses = [], ports: subsetPorts = [] } of subsets) {
    const ports = subsetPorts.map(({ name = "", port, protocol = "TCP", appProtocol }) => ({
      name,
      port,
      protocol,
      ...(appProtocol ? { appProtocol } : {}),
    }));
    const all = [
      ...addresses.map((address) => ({ address, ready: true })),
      ...notReadyAddresses.map((address) => ({ address, ready: false })),
    ];
    for (const { address, ready } of all.slice(0, MAX_PER_SUBSET)) {
      const addressType = address.ip.includes(":") ? "IPv6" : "IPv4";
      const key = groupKey(addressType, ports);
      const group = groups.get(key) ?? { addressType, ports, endpoints: [] };
      groups.set(key, group);
      if (!group.endpoints.some(({ addresses: [known] }) => known === address.ip)) {
        group.endpoints.push(endpointOf(address, ready));
      }
    }
  }
  return [...groups.values()];
}

export function groupKey(addressType: string, ports: readonly EndpointPort[] | undefined): string {
  return `${addressType} ${portsKey(ports)}`;
}

function endpointOf({ ip, hostname, nodeName, targetRef }: EndpointAddress, ready: boolean): Endpoint {
  return {
    addresses: [ip],
    conditions: { ready },
    ...(hostname ? { hostname } : {}),
    ...(nodeName ? { nodeName } : {}),
    ...(targetRef ? { targetRef } : {}),
  };
}
