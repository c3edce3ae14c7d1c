import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Lease } from "../../../src/machinery/types/coordination/v1.ts";
import type { Node, Pod, Taint, Toleration } from "../../../src/machinery/types/core/v1.ts";
import { SimulatedCluster } from "../simulated-cluster.ts";

const nodes = { group: "", version: "v1", resource: "nodes" };
const pods = { group: "", version: "v1", resource: "pods" };
const leases = { group: "coordination.k8s.io", version: "v1", resource: "leases" };

let cluster: SimulatedCluster;
/** Nodes that post their status and renew their lease. */
let alive: Set<string>;

beforeEach(async () => {
  alive = new Set();
  cluster = await SimulatedCluster.start(["nodelifecycle", "taint-eviction"]);
});
afterEach(() => cluster.stop());

const now = () => new Date(cluster.clock.now()).toISOString();

function addNode(
  name: string,
  fields: { zone?: string; unschedulable?: boolean; ready?: string; conditions?: string[] } = {},
): void {
  const { zone, unschedulable, ready = "True", conditions = [] } = fields;
  alive.add(name);
  const condition = (type: string, status: string) => ({
    type,
    status,
    lastHeartbeatTime: now(),
    lastTransitionTime: now(),
  });
  cluster.api.put<Node>(nodes, {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name, labels: zone ? { "topology.kubernetes.io/zone": zone } : {} },
    ...(unschedulable ? { spec: { unschedulable } } : {}),
    status: { conditions: [condition("Ready", ready), ...conditions.map((type) => condition(type, "True"))] },
  });
}

function addPod(name: string, nodeName: string, tolerations: Toleration[] = []): void {
  cluster.api.put<Pod>(pods, {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "default", uid: `uid-${name}` },
    spec: { nodeName, containers: [], tolerations },
    status: { phase: "Running", conditions: [{ type: "Ready", status: "True" }] },
  });
}

/** Turns the clock; living nodes renew their leases every ten seconds. */
async function pass(seconds: number): Promise<void> {
  for (let done = 0; done < seconds; done += 10) {
    for (const name of alive) {
      cluster.api.put<Lease>(leases, { metadata: { name, namespace: "kube-node-lease" }, spec: { renewTime: now() } });
    }
    await cluster.clock.run(Math.min(10, seconds - done) * 1000);
  }
  await cluster.quiet();
}

const node = (name: string) => cluster.api.peek<Node>(nodes, name) as Node;
const taints = (name: string) => (node(name).spec?.taints ?? []).map(({ key, effect }) => `${key}:${effect}`).sort();
const ready = (name: string) => node(name).status?.conditions?.find(({ type }) => type === "Ready");
const pod = (name: string) => cluster.api.peek<Pod>(pods, name, "default");
const isDeleted = (name: string) => pod(name)?.metadata.deletionTimestamp !== undefined;
const forever: Toleration = { operator: "Exists" };
const fiveMinutes = ["not-ready", "unreachable"].map((state) => ({
  key: `node.kubernetes.io/${state}`,
  operator: "Exists",
  effect: "NoExecute",
  tolerationSeconds: 300,
}));

describe("a node that falls silent", () => {
  test("is Unknown after 50 seconds, tainted, its pods not ready, and evicted when their time is over", async () => {
    addNode("a");
    addNode("b");
    addPod("patient", "a", fiveMinutes);
    addPod("loyal", "a", [forever]);
    addPod("elsewhere", "b");
    await pass(60);
    expect(ready("a")?.status).toBe("True");
    alive.delete("a");
    await pass(40);
    expect(ready("a")?.status).toBe("True");
    await pass(20);
    expect(ready("a")).toMatchObject({
      status: "Unknown",
      reason: "NodeStatusUnknown",
      message: "Kubelet stopped posting node status.",
    });
    expect(node("a").status?.conditions?.map(({ type, reason }) => `${type} ${reason}`)).toContain(
      "MemoryPressure NodeStatusNeverUpdated",
    );
    expect(taints("a")).toEqual([
      "node.kubernetes.io/unreachable:NoExecute",
      "node.kubernetes.io/unreachable:NoSchedule",
    ]);
    expect(pod("patient")?.status?.conditions).toMatchObject([{ type: "Ready", status: "False" }]);
    expect(cluster.events).toContain("Node/a Normal NodeNotReady: Node a status is now: NodeNotReady");
    expect(isDeleted("patient")).toBe(false);
    await pass(260);
    expect(isDeleted("patient")).toBe(false);
    await pass(60);
    expect(isDeleted("patient")).toBe(true);
    expect(pod("patient")?.status?.conditions).toContainEqual(
      expect.objectContaining({ type: "DisruptionTarget", status: "True", reason: "DeletionByTaintManager" }),
    );
    expect(cluster.events).toContain(
      "Pod/patient Normal TaintManagerEviction: Marking for deletion Pod default/patient",
    );
    expect([isDeleted("loyal"), isDeleted("elsewhere")]).toEqual([false, false]);
  });

  test("that comes back in time loses its taints, and no pod", async () => {
    addNode("a");
    addNode("b");
    addPod("patient", "a", fiveMinutes);
    await pass(20);
    alive.delete("a");
    await pass(120);
    expect(taints("a")).toHaveLength(2);
    addNode("a");
    await pass(10);
    expect(taints("a")).toEqual([]);
    expect(cluster.events).toContain(
      "Pod/patient Normal TaintManagerEviction: Cancelling deletion of Pod default/patient",
    );
    await pass(600);
    expect(isDeleted("patient")).toBe(false);
  });

  test("its status alone, without a lease, keeps it alive", async () => {
    addNode("a");
    addNode("b");
    alive.clear();
    for (let i = 0; i < 10; i++) {
      addNode("a");
      alive.clear();
      await pass(20);
    }
    expect(ready("a")?.status).toBe("True");
    expect(ready("b")?.status).toBe("Unknown");
  });
});

test("a clock that is set takes no node's time away, and no pod's", async () => {
  addNode("a");
  addNode("b");
  addPod("patient", "a", fiveMinutes);
  await pass(20);
  for (const hours of [1, -2, 1]) {
    cluster.clock.jump(hours * 3_600_000);
    await cluster.clock.run(5000);
    expect([ready("a")?.status, ready("b")?.status]).toEqual(["True", "True"]);
  }
  alive.delete("a");
  await pass(70);
  expect(taints("a")).toContain("node.kubernetes.io/unreachable:NoExecute");
  cluster.clock.jump(3_600_000);
  await pass(240);
  expect(isDeleted("patient")).toBe(false);
  await pass(60);
  expect(isDeleted("patient")).toBe(true);
});

test("what a node says of itself becomes taints that keep new pods away, and goes with it", async () => {
  addNode("b");
  addNode("a", {
    unschedulable: true,
    conditions: ["MemoryPressure", "DiskPressure", "PIDPressure", "NetworkUnavailable"],
  });
  const own: Taint = { key: "mine", effect: "NoSchedule" };
  await pass(10);
  expect(taints("a")).toEqual([
    "node.kubernetes.io/disk-pressure:NoSchedule",
    "node.kubernetes.io/memory-pressure:NoSchedule",
    "node.kubernetes.io/network-unavailable:NoSchedule",
    "node.kubernetes.io/pid-pressure:NoSchedule",
    "node.kubernetes.io/unschedulable:NoSchedule",
  ]);
  const { spec, ...rest } = node("a");
  cluster.api.put<Node>(nodes, {
    ...rest,
    spec: { taints: [own, ...(spec?.taints ?? [])] },
    status: { conditions: [{ type: "Ready", status: "False", lastHeartbeatTime: now() }] },
  });
  await pass(10);
  expect(taints("a")).toEqual([
    "mine:NoSchedule",
    "node.kubernetes.io/not-ready:NoExecute",
    "node.kubernetes.io/not-ready:NoSchedule",
  ]);
  addNode("a");
  cluster.api.put<Node>(nodes, { ...node("a"), spec: { taints: [own] } });
  await pass(10);
  expect(node("a").spec?.taints).toEqual([own]);
});

test("when no node is ready nothing is evicted: it is more likely we who are cut off", async () => {
  addNode("a");
  addNode("b");
  addPod("p", "a");
  await pass(20);
  alive.clear();
  await pass(200);
  expect(ready("a")?.status).toBe("Unknown");
  expect(taints("a")).toEqual(["node.kubernetes.io/unreachable:NoSchedule"]);
  expect(isDeleted("p")).toBe(false);
});

test("nodes are evicted one after another, and not at all in a small zone most of which is gone", async () => {
  for (const zone of ["x", "y"]) for (let i = 0; i < 5; i++) addNode(`${zone}${i}`, { zone });
  await pass(20);
  for (const name of ["x0", "x1", "y0", "y1", "y2"]) alive.delete(name);
  await pass(50);
  const evicted = (zone: string) =>
    [0, 1, 2, 3, 4].filter((i) => taints(`${zone}${i}`).includes("node.kubernetes.io/unreachable:NoExecute")).length;
  expect(evicted("x")).toBe(1);
  await pass(20);
  expect(evicted("x")).toBe(2);
  expect(evicted("y")).toBe(0);
});

test("any NoExecute taint evicts: at once, in time, or never, as the pod tolerates it", async () => {
  addNode("a");
  addPod("none", "a");
  addPod("minute", "a", [{ key: "maintenance", operator: "Exists", tolerationSeconds: 60 }]);
  addPod("always", "a", [{ key: "maintenance", operator: "Exists" }]);
  await pass(10);
  cluster.api.put<Node>(nodes, { ...node("a"), spec: { taints: [{ key: "maintenance", effect: "NoExecute" }] } });
  await pass(10);
  expect(["none", "minute", "always"].map(isDeleted)).toEqual([true, false, false]);
  await pass(60);
  expect(["none", "minute", "always"].map(isDeleted)).toEqual([true, true, false]);
  addPod("late", "a");
  await pass(10);
  expect(isDeleted("late")).toBe(true);
});

test("a new controller neither forgets a silent node nor gives its pods a second time", async () => {
  addNode("a");
  addNode("b");
  addPod("patient", "a", fiveMinutes);
  await pass(20);
  alive.delete("a");
  await pass(200);
  await cluster.stop();
  const { api, clock } = cluster;
  cluster = new SimulatedCluster();
  for (const one of api.all<Node>(nodes)) cluster.api.put(nodes, one);
  for (const one of api.all<Pod>(pods)) cluster.api.put(pods, one);
  cluster.clock.advance(clock.now() - cluster.clock.now());
  await cluster.run(["nodelifecycle", "taint-eviction"]);
  await pass(100);
  expect(isDeleted("patient")).toBe(false);
  await pass(60);
  expect(isDeleted("patient")).toBe(true);
});
