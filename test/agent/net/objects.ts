/** Services and EndpointSlices as tests need them. */
import type { Service, ServiceSpec } from "../../../src/machinery/types/core/v1.ts";
import type { Endpoint, EndpointPort, EndpointSlice } from "../../../src/machinery/types/discovery/v1.ts";

let revision = 0;

export function serviceOf(name: string, spec: Partial<ServiceSpec> = {}, ingress: readonly string[] = []): Service {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { namespace: "default", name, resourceVersion: String(++revision) },
    spec: {
      type: "ClusterIP",
      clusterIP: "10.43.1.1",
      ports: [{ name: "http", port: 80, protocol: "TCP" }],
      ...spec,
    },
    ...(ingress.length > 0 ? { status: { loadBalancer: { ingress: ingress.map((ip) => ({ ip })) } } } : {}),
  };
}

export interface EndpointFacts {
  readonly ip: string;
  readonly node?: string;
  readonly hostname?: string;
  readonly ready?: boolean;
  readonly serving?: boolean;
  readonly terminating?: boolean;
}

const http: EndpointPort = { name: "http", port: 8080, protocol: "TCP" };

export function sliceOf(
  service: string,
  endpoints: readonly (string | EndpointFacts)[],
  ports: EndpointPort[] = [http],
  name = `${service}-1`,
): EndpointSlice {
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: {
      namespace: "default",
      name,
      labels: { "kubernetes.io/service-name": service },
      resourceVersion: String(++revision),
    },
    addressType: "IPv4",
    endpoints: endpoints.map((one) => endpointOf(typeof one === "string" ? { ip: one } : one)),
    ports,
  };
}

function endpointOf({ ip, node = "n1", hostname, ready = true, serving = ready, terminating = false }: EndpointFacts) {
  const endpoint: Endpoint = { addresses: [ip], conditions: { ready, serving, terminating }, nodeName: node };
  return hostname ? { ...endpoint, hostname } : endpoint;
}
