import { afterEach, beforeEach, expect, test } from "vitest";
import type { Node } from "../../../src/machinery/types/core/v1.ts";
import type { EndpointSlice } from "../../../src/machinery/types/discovery/v1.ts";
import { SimulatedCluster } from "../simulated-cluster.ts";
import { nodes, pods, putPod, putService, services } from "./services.ts";

const slices = { group: "discovery.k8s.io", version: "v1", resource: "endpointslices" };

let cluster: SimulatedCluster;

beforeEach(async () => {
  cluster = await SimulatedCluster.start(["endpointslice"]);
});
afterEach(() => cluster.stop());

const all = () => cluster.api.all<EndpointSlice>(slices, "default");
const writes = () =>
  cluster.api.calls.filter(
    (call) => call.resource.startsWith("endpointslices") && !["list", "watch"].includes(call.verb),
  );

test("a service without pods has one empty slice of its own", async () => {
  const service = putService(cluster, {}, { team: "shop" });
  await cluster.quiet();
  const [slice, ...more] = all();
  expect(more).toEqual([]);
  expect(slice).toMatchObject({
    addressType: "IPv4",
    endpoints: [],
    metadata: {
      namespace: "default",
      generateName: "web-",
      labels: {
        team: "shop",
        "kubernetes.io/service-name": "web",
        "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
      },
      ownerReferences: [
        {
          apiVersion: "v1",
          kind: "Service",
          name: "web",
          uid: service.metadata.uid,
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    },
  });
  putPod(cluster, "p1");
  await cluster.quiet();
  expect(all()).toHaveLength(1);
  expect(all()[0]?.ports).toEqual([{ name: "http", protocol: "TCP", port: 8080 }]);
});

test("says of each pod whether it is ready, serving and terminating, and where it is", async () => {
  cluster.api.put<Node>(nodes, {
    metadata: { name: "node-1", labels: { "topology.kubernetes.io/zone": "z1" } },
  });
  putService(cluster);
  putPod(cluster, "p1");
  putPod(cluster, "p2", { ready: false });
  putPod(cluster, "p3", { deleting: true });
  putPod(cluster, "p4", { ip: "" });
  putPod(cluster, "p5", { phase: "Succeeded" });
  putPod(cluster, "p6", { labels: { app: "other" } });
  await cluster.quiet();
  const endpoints = all().flatMap((slice) => slice.endpoints ?? []);
  expect(endpoints).toHaveLength(3);
  expect(endpoints[0]).toEqual({
    addresses: ["10.42.0.1"],
    conditions: { ready: true, serving: true, terminating: false },
    targetRef: { kind: "Pod", namespace: "default", name: "p1", uid: "uid-p1" },
    nodeName: "node-1",
    zone: "z1",
  });
  expect(endpoints[1]?.conditions).toEqual({ ready: false, serving: false, terminating: false });
  expect(endpoints[2]?.conditions).toEqual({ ready: false, serving: true, terminating: true });
  putService(cluster, { publishNotReadyAddresses: true });
  await cluster.quiet();
  expect(
    all()
      .flatMap((slice) => slice.endpoints ?? [])
      .every((one) => one.conditions?.ready),
  ).toBe(true);
});

test("named ports lead to a slice for each number they stand for, and headless services say so", async () => {
  putService(cluster, { clusterIP: "None", ports: [{ name: "http", port: 80, targetPort: "http" }] });
  putPod(cluster, "p1", { httpPort: 8080 });
  putPod(cluster, "p2", { httpPort: 9090, spec: { hostname: "two", subdomain: "web" } });
  await cluster.quiet();
  expect(
    all()
      .map((slice) => slice.ports?.[0]?.port)
      .sort(),
  ).toEqual([8080, 9090]);
  expect(all().every((slice) => slice.metadata.labels?.["service.kubernetes.io/headless"] === "")).toBe(true);
  expect(
    all()
      .flatMap((slice) => slice.endpoints ?? [])
      .map((one) => one.hostname)
      .sort(),
  ).toEqual(["two", undefined]);
  putPod(cluster, "p2", { httpPort: 8080 });
  cluster.api.remove(pods, "p2", "default");
  await cluster.quiet();
  expect(all()).toHaveLength(1);
});

test("a hundred to a slice, one write for one pod, none for news that do not matter", async () => {
  for (let i = 0; i < 230; i++) putPod(cluster, `p${i}`, { ip: `10.42.1.${i}` });
  await cluster.quiet();
  putService(cluster);
  await cluster.quiet();
  expect(
    all()
      .map((slice) => slice.endpoints?.length)
      .sort(),
  ).toEqual([100, 100, 30]);
  const before = writes().length;
  putPod(cluster, "p7", { ip: "10.42.1.7", ready: false });
  await cluster.quiet();
  expect(writes().length).toBe(before + 1);
  const pod = putPod(cluster, "p8", { ip: "10.42.1.8" });
  cluster.api.put(pods, { ...pod, metadata: { ...pod.metadata, annotations: { note: "x" } } });
  await cluster.quiet();
  expect(writes().length).toBe(before + 1);
});

test("mends what others do to its slices, and leaves alone what is not its own", async () => {
  putService(cluster);
  putPod(cluster, "p1");
  cluster.api.put<EndpointSlice>(slices, {
    metadata: { name: "mine", namespace: "default", labels: { "kubernetes.io/service-name": "web" } },
    addressType: "IPv4",
    endpoints: [{ addresses: ["192.0.2.1"] }],
  });
  await cluster.quiet();
  const own = all().find((slice) => slice.metadata.name !== "mine");
  cluster.api.remove(slices, `${own?.metadata.name}`, "default");
  await cluster.quiet();
  expect(all()).toHaveLength(2);
  expect(cluster.api.peek<EndpointSlice>(slices, "mine", "default")?.endpoints).toHaveLength(1);
});

test("services without a selector, and names only, have none of ours", async () => {
  putService(cluster, { selector: {} });
  putPod(cluster, "p1");
  await cluster.quiet();
  expect(all()).toEqual([]);
  putService(cluster, { type: "ExternalName", externalName: "example.com" });
  await cluster.quiet();
  expect(all()).toEqual([]);
  cluster.api.remove(services, "web", "default");
  await cluster.quiet();
  expect(all()).toEqual([]);
});
