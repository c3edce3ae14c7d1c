/** What Services are given: addresses with objects that show them, more ranges, and load balancers. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { StatusError } from "../../../src/machinery/status/error.ts";
import type { Endpoints, Event, Node, Service, ServiceSpec } from "../../../src/machinery/types/core/v1.ts";
import type { EndpointSlice } from "../../../src/machinery/types/discovery/v1.ts";
import type { IPAddress, ServiceCIDR } from "../../../src/machinery/types/networking/v1.ts";
import { openMemoryStore } from "../../../src/store/sqlite/open.ts";
import { RealCluster, until } from "./real-cluster.ts";

const networking = (resource: string) => ({ group: "networking.k8s.io", version: "v1", resource });
const core = (resource: string) => ({ group: "", version: "v1", resource });

let cluster: RealCluster;
beforeEach(async () => {
  cluster = await RealCluster.start();
});
afterEach(() => cluster.stop());

const services = () => cluster.client.resource<Service>(core("services"), "default");
const cidrs = () => cluster.client.resource<ServiceCIDR>(networking("servicecidrs"));
const addresses = () => cluster.client.resource<IPAddress>(networking("ipaddresses"));

const make = (name: string, spec: Partial<ServiceSpec> = {}) =>
  services().create({
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace: "default" },
    spec: { ports: [{ port: 80 }], ...spec },
  });
const makeCidr = (name: string, cidr: string) =>
  cidrs().create({
    apiVersion: "networking.k8s.io/v1",
    kind: "ServiceCIDR",
    metadata: { name },
    spec: { cidrs: [cidr] },
  });

async function makeNode(name: string, address: string, ready = true): Promise<void> {
  const nodes = cluster.client.resource<Node>(core("nodes"));
  await nodes.create({ apiVersion: "v1", kind: "Node", metadata: { name } });
  const conditions = [{ type: "Ready", status: ready ? "True" : "False" }];
  const status = { addresses: [{ type: "InternalIP", address }], conditions };
  await nodes.patch(name, { type: "merge", patch: { status } }, { subresource: "status" });
}

const refusal = (attempt: Promise<unknown>): Promise<string> =>
  attempt.then(
    () => "accepted",
    (error: unknown) => (error instanceof StatusError ? error.message : String(error)),
  );
const ingressOf = async (name: string): Promise<string[]> =>
  ((await services().get(name)).status?.loadBalancer?.ingress ?? []).map(({ ip = "" }) => ip);

test("each address that a Service holds is an IPAddress, for as long as it holds it", async () => {
  const { spec } = await make("web");
  const ip = spec?.clusterIP ?? "";
  const all = await until(
    async () => (await addresses().list()).items,
    (items) => items.some(({ metadata }) => metadata.name === ip),
  );
  expect(all.find(({ metadata }) => metadata.name === ip)).toMatchObject({
    metadata: {
      labels: { "ipaddress.kubernetes.io/ip-family": "IPv4", "ipaddress.kubernetes.io/managed-by": "ipallocator" },
    },
    spec: { parentRef: { resource: "services", namespace: "default", name: "web" } },
  });
  const names = await until(
    async () => (await addresses().list()).items.map(({ metadata }) => metadata.name),
    (found) => found.includes("10.43.0.10"),
  );
  expect(names).toContain("10.43.0.1");
  await addresses().delete(ip);
  await until(
    () => refusal(addresses().get(ip)),
    (answer) => answer === "accepted",
  );
  await services().delete("web");
  await until(
    () => refusal(addresses().get(ip)),
    (answer) => answer.includes("not found"),
  );
  expect((await make("other", { clusterIP: ip })).spec?.clusterIP).toBe(ip);
  await until(
    async () => (await addresses().list()).items.map(({ spec: held }) => held?.parentRef?.name),
    (parents) => parents.includes("other"),
  );
});

test("an IPAddress that somebody makes keeps its address from Services", async () => {
  const reserve = () =>
    addresses().create({
      apiVersion: "networking.k8s.io/v1",
      kind: "IPAddress",
      metadata: { name: "10.43.7.7" },
      spec: {
        parentRef: { group: "gateway.networking.k8s.io", resource: "gateways", namespace: "default", name: "g" },
      },
    });
  await reserve();
  expect(await refusal(make("web", { clusterIP: "10.43.7.7" }))).toContain("provided IP is already allocated");
  await addresses().delete("10.43.7.7");
  await make("web", { clusterIP: "10.43.7.7" });
  expect(await refusal(reserve())).toBe('ipaddresses.networking.k8s.io "10.43.7.7" already exists');
});

test("of many that ask for one address at a time one gets it", async () => {
  const answers = await Promise.all(
    Array.from({ length: 12 }, (_, n) => refusal(make(`web-${n}`, { clusterIP: "10.43.9.9" }))),
  );
  expect(answers.filter((answer) => answer === "accepted")).toHaveLength(1);
});

test("the default ServiceCIDR is ready, and another one gives addresses too until it is to go", async () => {
  const standard = await until(
    () => cidrs().get("kubernetes"),
    ({ status }) => status?.conditions !== undefined,
  );
  expect(standard).toMatchObject({
    metadata: { finalizers: ["networking.k8s.io/service-cidr-finalizer"] },
    spec: { cidrs: ["10.43.0.0/16"] },
    status: { conditions: [{ type: "Ready", status: "True", message: "Kubernetes Service CIDR is ready" }] },
  });
  const outside = () => make("web", { clusterIP: "10.99.0.5" });
  expect(await refusal(outside())).toContain("the provided network does not match the current range");
  await makeCidr("more", "10.99.0.0/24");
  await outside();
  await until(
    () => cidrs().get("more"),
    ({ metadata }) => metadata.finalizers?.length === 1,
  );
  await cidrs().delete("more");
  const leaving = await until(
    () => cidrs().get("more"),
    ({ status }) => status?.conditions?.[0]?.status === "False",
  );
  expect(leaving.status?.conditions?.[0]).toMatchObject({
    reason: "Terminating",
    message: "There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR",
  });
  expect(await refusal(make("late", { clusterIP: "10.99.0.6" }))).toContain("does not match the current range");
  await services().delete("web");
  await until(
    () => refusal(cidrs().get("more")),
    (answer) => answer.includes("not found"),
  );
});

test("a ServiceCIDR says what is wrong with it", async () => {
  expect(await refusal(makeCidr("bad", "10.99.0.1/24"))).toContain('must be in canonical form ("10.99.0.0/24")');
  expect(await refusal(makeCidr("bad", "here"))).toContain("must be a valid CIDR value");
  const change = { spec: { cidrs: ["10.44.0.0/16"] } };
  expect(await refusal(cidrs().patch("kubernetes", { type: "merge", patch: change }))).toContain("field is immutable");
});

test("a restart gives nothing away twice, neither from other ranges", async () => {
  const store = await openMemoryStore();
  const first = await RealCluster.start(store);
  const before = cluster;
  cluster = first;
  await makeCidr("more", "10.99.0.0/24");
  await make("web", { clusterIP: "10.99.0.5" });
  await first.halt();
  cluster = await RealCluster.start(store);
  await before.stop();
  expect(await refusal(make("again", { clusterIP: "10.99.0.5" }))).toContain("provided IP is already allocated");
  await make("next", { clusterIP: "10.99.0.6" });
});

test("a load balancer is the nodes that are ready, and follows them", async () => {
  await make("web", { type: "LoadBalancer" });
  await makeNode("a", "192.0.2.1");
  await makeNode("b", "192.0.2.2", false);
  expect(
    await until(
      () => ingressOf("web"),
      (list) => list.length > 0,
    ),
  ).toEqual(["192.0.2.1"]);
  await makeNode("c", "192.0.2.3");
  await until(
    () => ingressOf("web"),
    (list) => list.join() === "192.0.2.1,192.0.2.3",
  );
  await services().patch("web", { type: "merge", patch: { spec: { type: "ClusterIP" } } });
  await until(
    () => ingressOf("web"),
    (list) => list.length === 0,
  );
});

test("with the policy Local only nodes with endpoints are named", async () => {
  await makeNode("a", "192.0.2.1");
  await makeNode("b", "192.0.2.2");
  await make("web", { type: "LoadBalancer", externalTrafficPolicy: "Local" });
  const slices = cluster.client.resource<EndpointSlice>(
    { group: "discovery.k8s.io", version: "v1", resource: "endpointslices" },
    "default",
  );
  await slices.create({
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { name: "web-x", namespace: "default", labels: { "kubernetes.io/service-name": "web" } },
    addressType: "IPv4",
    endpoints: [{ addresses: ["10.42.1.5"], nodeName: "b", conditions: { ready: true } }],
    ports: [{ port: 8080, protocol: "TCP" }],
  });
  await until(
    () => ingressOf("web"),
    (list) => list.join() === "192.0.2.2",
  );
});

test("two load balancers cannot have one port of a node: the second says why, and gets it when it is free", async () => {
  await makeNode("a", "192.0.2.1");
  await make("one", { type: "LoadBalancer" });
  await until(
    () => ingressOf("one"),
    (list) => list.length === 1,
  );
  await make("two", { type: "LoadBalancer" });
  await make("else", { type: "LoadBalancer", ports: [{ port: 81 }] });
  await until(
    () => ingressOf("else"),
    (list) => list.length === 1,
  );
  expect(await ingressOf("two")).toEqual([]);
  await cluster.flushEvents();
  const events = (await cluster.client.resource<Event>(core("events"), "default").list()).items;
  expect(events.find(({ involvedObject }) => involvedObject.name === "two")).toMatchObject({
    reason: "SyncLoadBalancerFailed",
    message:
      "Error syncing load balancer: failed to ensure load balancer: port 80/TCP is already used by the load balancer of default/one",
  });
  await services().delete("one");
  await until(
    () => ingressOf("two"),
    (list) => list.length === 1,
  );
});

test("the nodes' DNS and the API server have their Services", async () => {
  const dns = await cluster.client.resource<Service>(core("services"), "kube-system").get("kube-dns");
  expect(dns.spec).toMatchObject({ clusterIP: "10.43.0.10", ports: [{ name: "dns" }, { name: "dns-tcp" }] });
});

test("Endpoints that somebody writes for a Service without a selector get slices, for as long as they are wanted", async () => {
  const slices = cluster.client.resource<EndpointSlice>(
    { group: "discovery.k8s.io", version: "v1", resource: "endpointslices" },
    "default",
  );
  const endpoints = cluster.client.resource<Endpoints>(core("endpoints"), "default");
  const mirrored = async () =>
    (await slices.list()).items.filter(({ metadata }) => metadata.labels?.["kubernetes.io/service-name"] === "db");
  await make("db");
  await endpoints.create({
    apiVersion: "v1",
    kind: "Endpoints",
    metadata: { name: "db", namespace: "default", labels: { tier: "back" } },
    subsets: [
      {
        addresses: [{ ip: "198.51.100.1" }],
        notReadyAddresses: [{ ip: "198.51.100.2" }],
        ports: [{ port: 5432, protocol: "TCP" }],
      },
    ],
  });
  const [slice] = await until(mirrored, (found) => found.length === 1);
  expect(slice).toMatchObject({
    metadata: {
      labels: { tier: "back", "endpointslice.kubernetes.io/managed-by": "endpointslicemirroring-controller.k8s.io" },
      ownerReferences: [{ kind: "Endpoints", name: "db" }],
    },
    addressType: "IPv4",
    endpoints: [
      { addresses: ["198.51.100.1"], conditions: { ready: true } },
      { addresses: ["198.51.100.2"], conditions: { ready: false } },
    ],
    ports: [{ name: "", port: 5432, protocol: "TCP" }],
  });
  const label = { metadata: { labels: { "endpointslice.kubernetes.io/skip-mirror": "true" } } };
  await endpoints.patch("db", { type: "merge", patch: label });
  await until(mirrored, (found) => found.length === 0);
  await endpoints.patch("db", { type: "merge", patch: { metadata: { labels: null } } });
  await until(mirrored, (found) => found.length === 1);
  await services().patch("db", { type: "merge", patch: { spec: { selector: { app: "db" } } } });
  await until(mirrored, (found) => found.every(({ endpoints: [first] = [] }) => first === undefined));
});
