/** Services that the node itself knows better than the cluster does: its own DNS, and where it finds the API server. */
import type { Service } from "../../machinery/types/core/v1.ts";
import type { EndpointSlice } from "../../machinery/types/discovery/v1.ts";
import type { BuiltinService } from "./service-directory.ts";

export const dnsKey = "kube-system/kube-dns";
export const apiServerKey = "default/kubernetes";

/** The cluster DNS: reached at `clusterIP`, answered at `address` and `port`. */
export function dnsService(clusterIP: string, address: string, port: number): BuiltinService {
  const ports = [
    { name: "dns", protocol: "UDP", port: 53 },
    { name: "dns-tcp", protocol: "TCP", port: 53 },
  ];
  const service: Service = {
    apiVersion: "v1",
    kind: "Service",
    metadata: { namespace: "kube-system", name: "kube-dns" },
    spec: { type: "ClusterIP", clusterIP, clusterIPs: [clusterIP], ports },
  };
  const slices = [
    slice(
      [address],
      ports.map((one) => ({ ...one, port })),
    ),
  ];
  return { service, slices };
}

/** Only where it is: the cluster's own object says the rest. */
export function apiServerService(address: string, port: number): BuiltinService {
  return { slices: [slice([address], [{ name: "https", port }])] };
}

function slice(
  addresses: string[],
  ports: { readonly name: string; readonly protocol?: string; readonly port: number }[],
): EndpointSlice {
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: {},
    addressType: "IPv4",
    endpoints: [{ addresses, conditions: { ready: true } }],
    ports: ports.map(({ protocol = "TCP", ...port }) => ({ ...port, protocol })),
  };
}
