import { afterEach, beforeEach, expect, test } from "vitest";
import type { Endpoints } from "../../../src/machinery/types/core/v1.ts";
import { putPod, putService, services } from "../endpointslice/services.ts";
import { SimulatedCluster } from "../simulated-cluster.ts";

const endpoints = { group: "", version: "v1", resource: "endpoints" };

let cluster: SimulatedCluster;

beforeEach(async () => {
  cluster = await SimulatedCluster.start(["endpoint"]);
});
afterEach(() => cluster.stop());

const web = () => cluster.api.peek<Endpoints>(endpoints, "web", "default");

test("addresses with the same ports stand together, ready ones apart from the others", async () => {
  putService(cluster, {}, { team: "shop" });
  putPod(cluster, "p2");
  putPod(cluster, "p1");
  putPod(cluster, "p3", { ready: false });
  putPod(cluster, "p4", { deleting: true });
  await cluster.quiet();
  expect(web()?.metadata.labels).toEqual({ team: "shop", "endpoints.kubernetes.io/managed-by": "endpoint-controller" });
  const target = (name: string) => ({ kind: "Pod", namespace: "default", name, uid: `uid-${name}` });
  expect(web()?.subsets).toEqual([
    {
      addresses: [
        { ip: "10.42.0.1", nodeName: "node-1", targetRef: target("p1") },
        { ip: "10.42.0.2", nodeName: "node-1", targetRef: target("p2") },
      ],
      notReadyAddresses: [{ ip: "10.42.0.3", nodeName: "node-1", targetRef: target("p3") }],
      ports: [{ name: "http", port: 8080, protocol: "TCP" }],
    },
  ]);
});

test("a headless service without ports lists its pods, published before they are ready where it says so", async () => {
  putService(cluster, { clusterIP: "None", ports: [], publishNotReadyAddresses: true });
  putPod(cluster, "p1", { ready: false });
  await cluster.quiet();
  expect(web()?.subsets?.[0]?.addresses?.map(({ ip }) => ip)).toEqual(["10.42.0.1"]);
  expect(web()?.subsets?.[0]?.ports).toBeUndefined();
  expect(web()?.metadata.labels?.["service.kubernetes.io/headless"]).toBe("");
});

test("goes with its service, and is cut at a thousand addresses", async () => {
  for (let i = 0; i < 1010; i++) putPod(cluster, `p${i}`, { ip: `10.42.${i >> 8}.${i & 255}` });
  putService(cluster);
  await cluster.quiet();
  expect(web()?.subsets?.[0]?.addresses).toHaveLength(1000);
  expect(web()?.metadata.annotations).toEqual({ "endpoints.kubernetes.io/over-capacity": "truncated" });
  cluster.api.remove(services, "web", "default");
  await cluster.quiet();
  expect(web()).toBeUndefined();
});

test("leaves those of services without a selector, and of leader elections, alone", async () => {
  putService(cluster, { selector: {} });
  const subsets = [{ addresses: [{ ip: "192.0.2.1" }] }];
  cluster.api.put<Endpoints>(endpoints, { metadata: { name: "web", namespace: "default" }, subsets });
  const annotations = { "control-plane.alpha.kubernetes.io/leader": "{}" };
  cluster.api.put<Endpoints>(endpoints, { metadata: { name: "lock", namespace: "default", annotations } });
  await cluster.quiet();
  expect(web()?.subsets).toEqual(subsets);
  expect(cluster.api.peek(endpoints, "lock", "default")).toBeDefined();
});
