import type { GroupVersionResource } from "../machinery/meta/object.ts";

export const pods: GroupVersionResource = { group: "", version: "v1", resource: "pods" };
export const nodes: GroupVersionResource = { group: "", version: "v1", resource: "nodes" };
export const configMaps: GroupVersionResource = { group: "", version: "v1", resource: "configmaps" };
export const secrets: GroupVersionResource = { group: "", version: "v1", resource: "secrets" };
export const serviceAccounts: GroupVersionResource = { group: "", version: "v1", resource: "serviceaccounts" };
export const services: GroupVersionResource = { group: "", version: "v1", resource: "services" };
export const endpointSlices: GroupVersionResource = {
  group: "discovery.k8s.io",
  version: "v1",
  resource: "endpointslices",
};
export const namespaces: GroupVersionResource = { group: "", version: "v1", resource: "namespaces" };
export const networkPolicies: GroupVersionResource = {
  group: "networking.k8s.io",
  version: "v1",
  resource: "networkpolicies",
};
export const events: GroupVersionResource = { group: "", version: "v1", resource: "events" };
export const leases: GroupVersionResource = { group: "coordination.k8s.io", version: "v1", resource: "leases" };
