/** The subsets of an Endpoints object: addresses that have the same ports stand together. */
import { isPodReady } from "../../machinery/kinds/core/pod/conditions.ts";
import type { EndpointAddress, EndpointPort, EndpointSubset, Pod, Service } from "../../machinery/types/core/v1.ts";
import { endpointPortsOf } from "../endpointslice/endpoint-of-pod.ts";
import { hostnameUnder, isHeadless, podAddresses, podsBehind } from "../endpointslice/service-pods.ts";

/** An Endpoints object holds no more addresses than this. */
const addressLimit = 1000;

export function subsetsOf(service: Service, pods: readonly Pod[]): { subsets: EndpointSubset[]; truncated: boolean } {
  const family = service.spec?.ipFamilies?.[0] ?? "IPv4";
  const everything = service.spec?.publishNotReadyAddresses === true;
  const groups = new Map<string, { ports: EndpointPort[]; ready: EndpointAddress[]; unready: EndpointAddress[] }>();
  for (const pod of podsBehind(service, pods)) {
    if (pod.metadata.deletionTimestamp && !everything) continue;
    const ip = podAddresses(pod).find((one) => (family === "IPv6") === one.includes(":"));
    if (ip === undefined) continue;
    const ports = portsOf(service, pod);
    // Only a headless Service makes sense without a port.
    if (ports.length === 0 && !(isHeadless(service) && !service.spec?.ports?.length)) continue;
    const key = JSON.stringify(ports);
    const group = groups.get(key) ?? { ports, ready: [], unready: [] };
    groups.set(key, group);
    (everything || isPodReady(pod) ? group.ready : group.unready).push(addressOf(service, pod, ip));
  }
  const sorted = [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, group]) => group);
  for (const { ready, unready } of sorted) {
    ready.sort(byAddress);
    unready.sort(byAddress);
  }
  const truncated = truncate(sorted);
  const subsets = sorted
    .filter(({ ready, unready }) => ready.length + unready.length > 0)
    .map(({ ports, ready, unready }) => ({
      ...(ready.length > 0 ? { addresses: ready } : {}),
      ...(unready.length > 0 ? { notReadyAddresses: unready } : {}),
      ...(ports.length > 0 ? { ports } : {}),
    }));
  return { subsets, truncated };
}

function portsOf(service: Service, pod: Pod): EndpointPort[] {
  const ports = endpointPortsOf(service, pod).map(({ name, port = 0, protocol = "TCP", appProtocol }) => ({
    ...(name ? { name } : {}),
    port,
    protocol,
    ...(appProtocol ? { appProtocol } : {}),
  }));
  return ports.sort((a, b) => ((a.name ?? "") < (b.name ?? "") ? -1 : 1));
}

function addressOf(service: Service, pod: Pod, ip: string): EndpointAddress {
  const { name, namespace, uid } = pod.metadata;
  const hostname = hostnameUnder(service, pod);
  return {
    ip,
    ...(hostname ? { hostname } : {}),
    ...(pod.spec?.nodeName ? { nodeName: pod.spec.nodeName } : {}),
    targetRef: {
      kind: "Pod",
      ...(namespace ? { namespace } : {}),
      ...(name ? { name } : {}),
      ...(uid ? { uid } : {}),
    },
  };
}

function byAddress(a: EndpointAddress, b: EndpointAddress): number {
  return a.ip < b.ip ? -1 : a.ip > b.ip ? 1 : (a.targetRef?.uid ?? "") < (b.targetRef?.uid ?? "") ? -1 : 1;
}

/** Ready addresses are kept before those that are not. True when something was left out. */
function truncate(groups: { ready: EndpointAddress[]; unready: EndpointAddress[] }[]): boolean {
  let room = addressLimit;
  let truncated = false;
  for (const list of [...groups.map(({ ready }) => ready), ...groups.map(({ unready }) => unready)]) {
    if (list.length > room) truncated = true;
    list.length = Math.min(list.length, room);
    room -= list.length;
  }
  return truncated;
}
