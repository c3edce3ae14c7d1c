/** What stands behind the Service default/kubernetes, as kube-apiserver's endpoint reconciler keeps it. */
import { isDeepStrictEqual } from "node:util";
import type { KubeObject } from "../../machinery/meta/object.ts";
import { StatusError } from "../../machinery/status/error.ts";
import type { Endpoints, Service } from "../../machinery/types/core/v1.ts";
import type { EndpointSlice } from "../../machinery/types/discovery/v1.ts";
import type { Client, ResourceClient, UserInfo } from "../client/types.ts";

const namespace = "default";
const name = "kubernetes";

export const apiServerUser: UserInfo = { name: "system:apiserver", groups: ["system:masters", "system:authenticated"] };

/** `address`: an IPv4 or IPv6 address that is not of the loopback. Writes only what is not so yet. */
export async function publishApiServer(client: Client, address: string, port: number): Promise<void> {
  const services = client.resource<Service>({ group: "", version: "v1", resource: "services" }, namespace);
  const endpoints = client.resource<Endpoints>({ group: "", version: "v1", resource: "endpoints" }, namespace);
  const group = { group: "discovery.k8s.io", version: "v1", resource: "endpointslices" };
  const slices = client.resource<EndpointSlice>(group, namespace);
  await Promise.all([
    ensure(services, (service) => {
      const ports = (service?.spec?.ports ?? []).map((one) => ({ ...one, targetPort: port }));
      return service && { ...service, spec: { ...service.spec, ports } };
    }),
    ensure(endpoints, (current) => ({
      ...current,
      apiVersion: "v1",
      kind: "Endpoints",
      // Its slice is the one below.
      metadata: {
        ...current?.metadata,
        name,
        namespace,
        labels: { "endpointslice.kubernetes.io/skip-mirror": "true" },
      },
      subsets: [{ addresses: [{ ip: address }], ports: [{ name: "https", port, protocol: "TCP" }] }],
    })),
    ensure(slices, (current) => ({
      ...current,
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: { ...current?.metadata, name, namespace, labels: { "kubernetes.io/service-name": name } },
      addressType: address.includes(":") ? "IPv6" : "IPv4",
      endpoints: [{ addresses: [address], conditions: { ready: true } }],
      ports: [{ name: "https", port, protocol: "TCP" }],
    })),
  ]);
}

async function ensure<T extends KubeObject>(
  resource: ResourceClient<T>,
  wanted: (current: T | undefined) => T | undefined,
): Promise<void> {
  const current = await resource.get(name).catch((error: unknown) => {
    if (error instanceof StatusError && error.reason === "NotFound") return undefined;
    throw error;
  });
  const object = wanted(current);
  if (!object || isDeepStrictEqual(object, current)) return;
  if (current) await resource.update(object);
  else await resource.create(object);
}
