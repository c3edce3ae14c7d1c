import { isPodReady } from "../../machinery/kinds/core/pod/conditions.ts";
import { targetPortOf } from "../../machinery/kinds/core/pod/ports.ts";
import type { Node, Pod, Service } from "../../machinery/types/core/v1.ts";
import type { Endpoint, EndpointHints, EndpointPort } from "../../machinery/types/discovery/v1.ts";
import { hostnameUnder } from "./service-pods.ts";

/** The pod as one endpoint of the Service, at `address`. */
export function endpointOf(service: Service, pod: Pod, address: string, node: Node | undefined): Endpoint {
  const serving = isPodReady(pod);
  const terminating = pod.metadata.deletionTimestamp !== undefined;
  const { name, namespace, uid } = pod.metadata;
  const hostname = hostnameUnder(service, pod);
  const zone = node?.metadata.labels?.["topology.kubernetes.io/zone"];
  const ready = service.spec?.publishNotReadyAddresses === true || (serving && !terminating);
  const hints = ready ? hintsFor(service, zone, pod.spec?.nodeName) : undefined;
  return {
    addresses: [address],
    conditions: { ready, serving, terminating },
    ...(hostname ? { hostname } : {}),
    targetRef: {
      kind: "Pod",
      ...(namespace ? { namespace } : {}),
      ...(name ? { name } : {}),
      ...(uid ? { uid } : {}),
    },
    ...(pod.spec?.nodeName ? { nodeName: pod.spec.nodeName } : {}),
    ...(zone ? { zone } : {}),
    ...(hints ? { hints } : {}),
  };
}

/** spec.trafficDistribution in the form that nodes act on. */
function hintsFor(
  { spec }: Service,
  zone: string | undefined,
  nodeName: string | undefined,
): EndpointHints | undefined {
  const distribution = spec?.trafficDistribution;
  const forZones = zone ? { forZones: [{ name: zone }] } : undefined;
  if (distribution === "PreferClose" || distribution === "PreferSameZone") return forZones;
  if (distribution !== "PreferSameNode" || !nodeName) return undefined;
  return { ...forZones, forNodes: [{ name: nodeName }] };
}

/** What the Service's ports are on this pod; one that names a port the pod does not have is left out. */
export function endpointPortsOf(service: Service, pod: Pod): EndpointPort[] {
  const ports: EndpointPort[] = [];
  for (const port of service.spec?.ports ?? []) {
    const number = targetPortOf(pod, port);
    if (number === undefined) continue;
    ports.push({
      name: port.name ?? "",
      protocol: port.protocol ?? "TCP",
      port: number,
      ...(port.appProtocol ? { appProtocol: port.appProtocol } : {}),
    });
  }
  return ports;
}
