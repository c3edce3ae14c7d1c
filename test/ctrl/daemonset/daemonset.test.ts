import { afterEach, expect, test } from "vitest";
import { revisionHashLabel, targetNode } from "../../../src/ctrl/daemonset/daemon-pod.ts";
import type { ControllerRevision, DaemonSet, DaemonSetSpec } from "../../../src/machinery/types/apps/v1.ts";
import type { Node, NodeSpec, Pod } from "../../../src/machinery/types/core/v1.ts";
import { podResource, podTemplate, SimulatedCluster } from "../simulated-cluster.ts";

const resource = { group: "apps", version: "v1", resource: "daemonsets" };
const nodeResource = { group: "", version: "v1", resource: "nodes" };
const revisionResource = { group: "apps", version: "v1", resource: "controllerrevisions" };

let cluster: SimulatedCluster;
afterEach(() => cluster.stop());

const putNode = (name: string, labels: Record<string, string> = {}, spec: NodeSpec = {}) =>
  cluster.api.put<Node>(nodeResource, { metadata: { name, labels }, spec });

async function start(spec: Partial<DaemonSetSpec> = {}, nodes = 3): Promise<void> {
  cluster = new SimulatedCluster();
  for (let index = 1; index <= nodes; index++) putNode(`n${index}`);
  await cluster.run(["daemonset"]);
  await cluster.api.resource<DaemonSet>(resource, "default").create({
    apiVersion: "apps/v1",
    kind: "DaemonSet",
    metadata: { name: "web", namespace: "default", generation: 1 },
    spec: { selector: { matchLabels: { app: "web" } }, template: podTemplate("web:1"), ...spec },
  });
  await cluster.quiet();
}

const set = (): DaemonSet => {
  const found = cluster.api.peek<DaemonSet>(resource, "web", "default");
  if (!found) throw new Error("no DaemonSet");
  return found;
};
async function change(spec: Partial<DaemonSetSpec>): Promise<void> {
  const { metadata, ...rest } = set();
  const { resourceVersion: _, ...kept } = metadata;
  const merged = { ...rest.spec, ...spec } as DaemonSetSpec;
  await cluster.api.resource<DaemonSet>(resource, "default").update({ ...rest, metadata: kept, spec: merged });
  await cluster.quiet();
}
const alive = (): Pod[] => cluster.pods().filter(({ metadata }) => !metadata.deletionTimestamp);
/** "n1 web:1" */
const where = (pods = alive()) => pods.map((pod) => `${targetNode(pod)} ${pod.spec?.containers[0]?.image}`).sort();
const revisions = () => cluster.api.all<ControllerRevision>(revisionResource).sort((a, b) => a.revision - b.revision);
/** What the scheduler and the nodes do. */
async function run(): Promise<void> {
  for (const pod of alive()) {
    if (pod.status?.phase === "Running") continue;
    cluster.setReady({
      ...pod,
      spec: { ...pod.spec, containers: pod.spec?.containers ?? [], nodeName: targetNode(pod) ?? "" },
    });
  }
  await cluster.quiet();
}

test("one pod for each node, by affinity and with the tolerations of daemons", async () => {
  await start();
  expect(where()).toEqual(["n1 web:1", "n2 web:1", "n3 web:1"]);
  const [pod] = alive();
  expect(pod?.spec?.nodeName).toBeUndefined();
  const [revision] = revisions();
  expect(pod?.metadata.labels).toEqual({
    app: "web",
    [revisionHashLabel]: revision?.metadata.labels?.[revisionHashLabel],
  });
  expect(pod?.metadata.ownerReferences).toMatchObject([{ kind: "DaemonSet", name: "web", controller: true }]);
  expect(pod?.spec?.tolerations?.map(({ key, effect }) => `${key?.split("/")[1]} ${effect}`)).toEqual([
    "not-ready NoExecute",
    "unreachable NoExecute",
    "disk-pressure NoSchedule",
    "memory-pressure NoSchedule",
    "pid-pressure NoSchedule",
    "unschedulable NoSchedule",
  ]);
  expect(set().status).toEqual({
    currentNumberScheduled: 3,
    numberMisscheduled: 0,
    desiredNumberScheduled: 3,
    numberReady: 0,
    observedGeneration: 1,
    updatedNumberScheduled: 3,
    numberUnavailable: 3,
  });
  await run();
  expect(set().status).toMatchObject({ numberReady: 3, numberAvailable: 3 });
  expect(set().status?.numberUnavailable).toBeUndefined();
  expect(cluster.events.filter((event) => event.includes("SuccessfulCreate"))).toHaveLength(3);
});

test("follows the nodes: a new one, a selector, taints that keep away and taints that drive out", async () => {
  const template = podTemplate("web:1");
  await start({ template: { ...template, spec: { ...template.spec, nodeSelector: { disk: "ssd" } } } });
  expect(where()).toEqual([]);
  putNode("n1", { disk: "ssd" });
  putNode("n4", { disk: "ssd" });
  await cluster.quiet();
  await run();
  expect(where()).toEqual(["n1 web:1", "n4 web:1"]);
  const taint = (effect: string) => ({ taints: [{ key: "k", effect }] }) as NodeSpec;
  putNode("n1", { disk: "ssd" }, taint("NoSchedule"));
  putNode("n5", { disk: "ssd" }, taint("NoSchedule"));
  putNode("n6", { disk: "ssd" }, { taints: [{ key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" }] });
  await cluster.quiet();
  await run();
  expect(where()).toEqual(["n1 web:1", "n4 web:1", "n6 web:1"]);
  expect(set().status).toMatchObject({ desiredNumberScheduled: 2, numberMisscheduled: 1 });
  putNode("n1", { disk: "ssd" }, taint("NoExecute"));
  putNode("n4", { disk: "hdd" });
  await cluster.quiet();
  await cluster.endTerminating();
  expect(where()).toEqual(["n6 web:1"]);
});

test("a pod that is lost or has ended is made anew, a second one removed", async () => {
  await start();
  await run();
  const [first, second] = alive();
  if (!first || !second) throw new Error("no pods");
  cluster.endPod(first);
  cluster.api.put<Pod>(podResource, { ...second, status: { ...second.status, phase: "Failed" } });
  await cluster.quiet();
  await cluster.endTerminating();
  await run();
  expect(where()).toEqual(["n1 web:1", "n2 web:1", "n3 web:1"]);
  expect(cluster.events.join("\n")).toContain(
    `Warning FailedDaemonPod: Found failed daemon pod default/${second.metadata.name} on node ${targetNode(second)}, will try to kill it`,
  );
  const [one] = alive();
  cluster.api.put<Pod>(podResource, {
    ...one,
    metadata: { ...one?.metadata, name: "twin", uid: "twin", creationTimestamp: "2099-01-01T00:00:00Z" },
  } as Pod);
  await cluster.quiet();
  await cluster.endTerminating();
  expect(alive().map(({ metadata }) => metadata.name)).not.toContain("twin");
  expect(where()).toHaveLength(3);
});

test("a pod that fails again and again is replaced later and later", async () => {
  await start({}, 1);
  const fail = async (): Promise<void> => {
    await run();
    const [pod] = alive();
    if (pod) cluster.api.put<Pod>(podResource, { ...pod, status: { ...pod.status, phase: "Failed" } });
    await cluster.quiet();
    await cluster.endTerminating();
  };
  await fail();
  expect(alive()[0]?.status?.phase).toBeUndefined();
  await fail();
  expect(alive()[0]?.status?.phase).toBe("Failed");
  await cluster.pass(1500);
  await cluster.endTerminating();
  expect(alive()[0]?.status?.phase).toBeUndefined();
});

test("a rolling update takes away no more than may be unavailable, and waits for the new ones", async () => {
  await start({ updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } } });
  await run();
  await change({ template: podTemplate("web:2") });
  expect(where()).toHaveLength(2);
  await cluster.endTerminating();
  expect(where().filter((one) => one.endsWith("web:2"))).toHaveLength(1);
  expect(where()).toHaveLength(3);
  for (let turn = 0; turn < 4; turn++) {
    await run();
    expect(where().length).toBeGreaterThanOrEqual(2);
    await cluster.endTerminating();
  }
  expect(where()).toEqual(["n1 web:2", "n2 web:2", "n3 web:2"]);
  expect(set().status).toMatchObject({ updatedNumberScheduled: 3, numberAvailable: 3 });
});

test("an old pod that is not available anyway goes at once, whatever the bound", async () => {
  await start();
  await run();
  for (const pod of alive().slice(0, 2)) cluster.setReady(pod, false);
  await cluster.quiet();
  await change({ template: podTemplate("web:2") });
  expect(where().filter((one) => one.endsWith("web:1"))).toHaveLength(1);
});

test("with surge the new pod comes first, and the old goes when the new is available", async () => {
  await start({
    minReadySeconds: 5,
    updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: "34%" } },
  });
  await run();
  await cluster.pass(6000);
  await change({ template: podTemplate("web:2") });
  expect(where()).toHaveLength(5);
  await run();
  expect(where()).toHaveLength(5);
  await cluster.pass(6000);
  await cluster.endTerminating();
  expect(where().filter((one) => one.endsWith("web:2"))).toHaveLength(3);
  expect(where()).toHaveLength(4);
  await run();
  await cluster.pass(6000);
  await cluster.endTerminating();
  expect(where()).toEqual(["n1 web:2", "n2 web:2", "n3 web:2"]);
});

test("OnDelete waits for somebody to delete", async () => {
  await start({ updateStrategy: { type: "OnDelete" } });
  await run();
  await change({ template: podTemplate("web:2") });
  expect(where()).toEqual(["n1 web:1", "n2 web:1", "n3 web:1"]);
  const first = alive().find((pod) => targetNode(pod) === "n1");
  if (first) cluster.endPod(first);
  await cluster.quiet();
  expect(where()).toEqual(["n1 web:2", "n2 web:1", "n3 web:1"]);
  expect(set().status?.updatedNumberScheduled).toBe(1);
});

test("every template is a revision; one that comes back is the newest again; the oldest go", async () => {
  await start({ revisionHistoryLimit: 1 }, 1);
  const data = revisions()[0]?.data;
  expect(data).toEqual({ spec: { template: { ...podTemplate("web:1"), $patch: "replace" } } });
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 3; turn++) {
      await run();
      await cluster.endTerminating();
    }
  };
  await settle();
  await change({ template: podTemplate("web:2") });
  await settle();
  expect(revisions().map(({ revision }) => revision)).toEqual([1, 2]);
  await change({ template: podTemplate("web:1") });
  await settle();
  expect(revisions().map(({ revision }) => revision)).toEqual([2, 3]);
  expect(revisions()[1]?.data).toEqual(data);
  await change({ template: podTemplate("web:3") });
  await settle();
  expect(revisions().map(({ revision }) => revision)).toEqual([3, 4]);
});
