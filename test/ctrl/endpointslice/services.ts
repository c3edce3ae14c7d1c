import type { Pod, Service, ServicePort } from "../../../src/machinery/types/core/v1.ts";
import type { SimulatedCluster } from "../simulated-cluster.ts";

export const services = { group: "", version: "v1", resource: "services" };
export const pods = { group: "", version: "v1", resource: "pods" };
export const nodes = { group: "", version: "v1", resource: "nodes" };

export function putService(
  cluster: SimulatedCluster,
  spec: Service["spec"] = {},
  labels?: Record<string, string>,
): Service {
  const ports: ServicePort[] = [{ name: "http", port: 80, targetPort: 8080, protocol: "TCP" }];
  return cluster.api.put<Service>(services, {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "web", namespace: "default", ...(labels ? { labels } : {}) },
    spec: { clusterIP: "10.43.0.9", ipFamilies: ["IPv4"], selector: { app: "web" }, ports, ...spec },
  });
}

export interface PodOptions {
  readonly ready?: boolean;
  readonly ip?: string;
  readonly labels?: Record<string, string>;
  readonly phase?: string;
  readonly deleting?: boolean;
  readonly nodeName?: string;
  readonly httpPort?: number;
  readonly spec?: Partial<NonNullable<Pod["spec"]>>;
}

export function putPod(cluster: SimulatedCluster, name: string, options: PodOptions = {}): Pod {
  const { ready = true, ip = `10.42.0.${name.replace(/\D/g, "") || 1}`, labels = { app: "web" } } = options;
  const { phase = "Running", nodeName = "node-1", httpPort = 8080, deleting, spec } = options;
  return cluster.api.put<Pod>(pods, {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name,
      namespace: "default",
      uid: `uid-${name}`,
      labels,
      ...(deleting ? { deletionTimestamp: "2026-01-01T00:00:00Z" } : {}),
    },
    spec: { nodeName, containers: [{ name: "app", ports: [{ name: "http", containerPort: httpPort }] }], ...spec },
    status: {
      phase,
      ...(ip ? { podIP: ip, podIPs: [{ ip }] } : {}),
      conditions: [{ type: "Ready", status: ready ? "True" : "False" }],
    },
  });
}
