import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createEventRecorder } from "../../src/api/client/event-recorder.ts";
import { createInformerFactory } from "../../src/api/client/factory.ts";
import type { InformerFactory } from "../../src/api/client/types.ts";
import { silentLogger } from "../../src/machinery/logger.ts";
import { MetricRegistry } from "../../src/machinery/metrics/registry.ts";
import { failure } from "../../src/machinery/status/error.ts";
import type { Event, Node, Pod } from "../../src/machinery/types/core/v1.ts";
import type { Plugin } from "../../src/sched/framework/types.ts";
import { defaultProfile } from "../../src/sched/plugins/default-profile.ts";
import { type RunningScheduler, startScheduler } from "../../src/sched/scheduler.ts";
import { FakeCluster } from "../api/client/fake-client.ts";
import { FakeClock, settle } from "../fake-clock.ts";
import { makeNode, makePod, type NodeOptions, type PodOptions } from "./objects.ts";

const pods = { group: "", version: "v1", resource: "pods" };
const nodes = { group: "", version: "v1", resource: "nodes" };
const events = { group: "", version: "v1", resource: "events" };

let clock: FakeClock;
let cluster: FakeCluster;
let informers: InformerFactory;
let scheduler: RunningScheduler;
let metrics: MetricRegistry;

beforeEach(() => {
  metrics = new MetricRegistry();
  clock = new FakeClock();
  cluster = new FakeCluster(clock);
});

afterEach(async () => {
  await scheduler.stop();
  await informers.stop();
});

function start(plugins: readonly Plugin[] = []): void {
  const log = silentLogger;
  informers = createInformerFactory({ client: cluster, clock, log });
  const recorder = createEventRecorder({ client: cluster, clock, log, component: "default-scheduler" });
  const profile = [...defaultProfile(), ...plugins.map((plugin) => ({ plugin, weight: 0 }))];
  scheduler = startScheduler({ client: cluster, informers, events: recorder, clock, log, profile, metrics });
}

async function idle(): Promise<void> {
  for (let i = 0; i < 4; i++) await settle();
}

const addNode = (name: string, options?: NodeOptions): Node => cluster.put<Node>(nodes, makeNode(name, options));
const addPod = (name: string, options?: PodOptions): Pod => cluster.put<Pod>(pods, makePod(name, options));
const pod = (name: string): Pod | undefined => cluster.peek<Pod>(pods, name, "default");
const nodeOf = (name: string): string | undefined => pod(name)?.spec?.nodeName;
const scheduled = (name: string) => pod(name)?.status?.conditions?.find(({ type }) => type === "PodScheduled");
const eventsOf = (name: string) =>
  cluster
    .all<Event>(events)
    .filter((event) => event.involvedObject.name === name)
    .map((event) => `${event.type} ${event.reason} ${event.message}`);

describe("a pod that fits", () => {
  test("is bound through its binding subresource, and an event says so", async () => {
    addNode("n1");
    addPod("web", { cpu: "1" });
    start();
    await idle();
    expect(nodeOf("web")).toBe("n1");
    expect(scheduled("web")?.status).toBe("True");
    expect(eventsOf("web")).toEqual(["Normal Scheduled Successfully assigned default/web to n1"]);
    const binding = cluster.calls.find((call) => call.subresource === "binding");
    expect(binding?.body).toEqual({
      apiVersion: "v1",
      kind: "Binding",
      metadata: { name: "web", namespace: "default", uid: "uid-default-web" },
      target: { kind: "Node", name: "n1" },
    });
  });

  test("is left alone when it has another scheduler, ended, or is being deleted", async () => {
    addNode("n1");
    addPod("other", { spec: { schedulerName: "mine" } });
    cluster.put<Pod>(pods, { ...makePod("ended"), status: { phase: "Succeeded" } });
    const leaving = makePod("leaving");
    cluster.put<Pod>(pods, {
      ...leaving,
      metadata: { ...leaving.metadata, deletionTimestamp: "2026-01-01T00:00:00Z" },
    });
    start();
    await idle();
    expect(["other", "ended", "leaving"].map(nodeOf)).toEqual([undefined, undefined, undefined]);
  });

  test("of higher priority goes first, whatever came first", async () => {
    addNode("n1", { pods: "1" });
    addPod("low");
    addPod("high", { spec: { priority: 100 } });
    start();
    await idle();
    expect([nodeOf("high"), nodeOf("low")]).toEqual(["n1", undefined]);
  });

  test("is spread over the nodes, many bindings at a time, without over-committing", async () => {
    for (let i = 0; i < 10; i++) addNode(`n${i}`, { cpu: "2" });
    for (let i = 0; i < 60; i++) addPod(`p${i}`, { cpu: "500m" });
    start();
    await idle();
    const counts = new Map<string, number>();
    for (const { spec } of cluster.all<Pod>(pods)) {
      const name = spec?.nodeName ?? "none";
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    expect(counts.get("none")).toBe(20);
    for (let i = 0; i < 10; i++) expect(counts.get(`n${i}`)).toBe(4);
  });
});

describe("a pod that fits nowhere", () => {
  test("says why in kube-scheduler's words, in an event and in its condition, and node by node", async () => {
    addNode("tainted", { taints: [{ key: "dedicated", value: "db", effect: "NoSchedule" }] });
    addNode("small1", { cpu: "1" });
    addNode("small2", { cpu: "1", memory: "1Gi" });
    addNode("cordoned", { unschedulable: true });
    addPod("web", { cpu: "2", memory: "2Gi" });
    start();
    await idle();
    const message =
      "0/4 nodes are available: 1 Insufficient memory, 1 node(s) had untolerated taint(s), 1 node(s) were unschedulable, 2 Insufficient cpu. preemption: 0/4 nodes are available: 4 Preemption is not helpful for scheduling.";
    expect(eventsOf("web")).toEqual([`Warning FailedScheduling ${message}`]);
    expect(scheduled("web")).toMatchObject({ status: "False", reason: "Unschedulable", message });
    expect(scheduler.diagnosisOf("default/web")?.refusals).toContainEqual({
      plugin: "TaintToleration",
      reasons: ["node(s) had untolerated taint(s)"],
      resolvable: false,
      detail: "{dedicated: db}",
      nodes: ["tainted"],
    });
  });

  test("has words for no nodes at all, and for nodes it does not name", async () => {
    addPod("web");
    start();
    await idle();
    expect(scheduled("web")?.message).toBe("no nodes available to schedule pods");
    addNode("n1", { cpu: "1" });
    addNode("n2");
    const matchFields = [{ key: "metadata.name", operator: "In", values: ["n1"] }];
    const terms = { nodeSelectorTerms: [{ matchFields }] };
    addPod("daemon", {
      cpu: "2",
      spec: { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: terms } } },
    });
    await idle();
    expect(scheduled("daemon")?.message).toBe(
      "0/2 nodes are available: 1 Insufficient cpu, 1 node(s) didn't satisfy plugin(s) [NodeAffinity]. preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.",
    );
    expect(nodeOf("web")).toBeDefined();
  });

  test("is tried again when a node comes, grows, is uncordoned or freed, and not for other news", async () => {
    addNode("n1", { cpu: "1" });
    addNode("n2", { unschedulable: true });
    addPod("web", { cpu: "2" });
    start();
    await idle();
    const attempts = () => cluster.all<Event>(events).find(({ reason }) => reason === "FailedScheduling")?.count;
    expect(attempts()).toBe(1);
    clock.advance(20_000);
    addNode("n1", { cpu: "1", labels: { zone: "a" } });
    cluster.put<Node>(nodes, { ...makeNode("n3", { cpu: "500m" }) });
    await idle();
    expect(nodeOf("web")).toBeUndefined();
    clock.advance(20_000);
    addNode("n2");
    await idle();
    expect(nodeOf("web")).toBe("n2");
  });

  test("takes the room that a deleted pod leaves", async () => {
    addNode("n1", { cpu: "2" });
    addPod("first", { cpu: "2" });
    start();
    await idle();
    addPod("second", { cpu: "2" });
    await idle();
    expect(nodeOf("second")).toBeUndefined();
    cluster.remove(pods, "first", "default");
    await idle();
    expect(nodeOf("second")).toBe("n1");
    expect(scheduler.diagnosisOf("default/second")).toBeUndefined();
  });

  test("takes the room of a pod that has ended, and is tried again after five minutes in any case", async () => {
    addNode("n1", { cpu: "2" });
    addPod("first", { cpu: "2" });
    start();
    await idle();
    addPod("second", { cpu: "3" });
    await idle();
    await clock.run(400_000);
    await idle();
    const failed = cluster.all<Event>(events).find(({ reason }) => reason === "FailedScheduling");
    expect(failed?.count).toBe(2);
    addPod("third", { cpu: "2" });
    await idle();
    const first = pod("first") as Pod;
    cluster.put<Pod>(pods, { ...first, status: { ...first.status, phase: "Succeeded" } });
    await idle();
    expect(nodeOf("third")).toBe("n1");
  });

  test("waits for its scheduling gates without an attempt", async () => {
    addNode("n1");
    addPod("gated", { spec: { schedulingGates: [{ name: "example.com/wait" }] } });
    start();
    await idle();
    expect(nodeOf("gated")).toBeUndefined();
    expect(scheduled("gated")).toMatchObject({ status: "False", reason: "SchedulingGated" });
    expect(eventsOf("gated")).toEqual([]);
    const { metadata, status } = pod("gated") as Pod;
    cluster.put<Pod>(pods, { ...makePod("gated"), metadata, ...(status ? { status } : {}) });
    await idle();
    expect(nodeOf("gated")).toBe("n1");
  });
});

describe("when a plan does not come true", () => {
  test("a refused binding gives the place back and is tried again after the back-off", async () => {
    addNode("n1", { cpu: "2" });
    addPod("web", { cpu: "2" });
    let refused = 0;
    const allow = cluster.react((call) => {
      if (call.subresource !== "binding") return undefined;
      refused++;
      return failure(409, "Conflict", 'Operation cannot be fulfilled on pods "web": conflict');
    });
    start();
    await idle();
    expect([refused, nodeOf("web")]).toEqual([1, undefined]);
    expect(scheduled("web")?.reason).toBe("SchedulerError");
    await clock.run(999);
    expect(refused).toBe(1);
    await clock.run(1);
    await idle();
    expect(refused).toBe(2);
    allow();
    addPod("other", { cpu: "2" });
    await idle();
    // The place was free meanwhile: nothing of the failed attempt is left in the way.
    expect(nodeOf("other")).toBe("n1");
    await clock.run(5000);
    await idle();
    expect(scheduled("web")?.message).toBe(
      "0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.",
    );
  });

  test("a pod deleted while it is being bound leaves nothing behind", async () => {
    addNode("n1", { cpu: "2" });
    addPod("web", { cpu: "2" });
    let release: () => void = () => undefined;
    const held = new Promise<undefined>((resolve) => {
      release = () => resolve(undefined);
    });
    const allow = cluster.react((call) => (call.subresource === "binding" ? held : undefined));
    start();
    await idle();
    cluster.remove(pods, "web", "default");
    await idle();
    release();
    allow();
    addPod("next", { cpu: "2" });
    await idle();
    expect(nodeOf("next")).toBe("n1");
    expect(eventsOf("web")).toEqual([]);
  });

  test("a plugin may refuse at Reserve and at Permit, and is told when a place is given back", async () => {
    addNode("n1");
    addPod("one");
    addPod("two");
    const given: string[] = [];
    start([
      {
        name: "Picky",
        reserve: ({ key }) => (key === "default/one" ? { reasons: ["not one"], resolvable: false } : undefined),
        permit: async ({ key }) => (key === "default/two" ? { reasons: ["not two"], resolvable: false } : undefined),
        unreserve: ({ key }) => void given.push(key),
        mayHelp: () => false,
      },
    ]);
    await idle();
    expect(given.sort()).toEqual(["default/one", "default/two"]);
    expect([scheduled("one")?.message, scheduled("two")?.message]).toEqual(["not one", "not two"]);
  });
});

describe("a pod of higher priority", () => {
  const important = { spec: { priority: 100 }, cpu: "2" };

  test("takes the place of the least important pods that will do, and nobody else gets in between", async () => {
    addNode("n1", { cpu: "4" });
    addNode("n2", { cpu: "4" });
    const victims: Record<string, [node: string, cpu: string, priority: number]> = {
      kept: ["n1", "2", 10],
      victim: ["n1", "2", 5],
      dear: ["n2", "4", 50],
    };
    for (const [name, [nodeName, cpu, priority]] of Object.entries(victims)) {
      const running = makePod(name, { cpu, spec: { nodeName, priority } });
      cluster.put<Pod>(pods, { ...running, status: { phase: "Running" } });
    }
    addPod("vip", important);
    start();
    await idle();
    expect(pod("victim")?.metadata.deletionTimestamp).toBeDefined();
    expect(pod("victim")?.status?.conditions).toMatchObject([
      { type: "DisruptionTarget", status: "True", reason: "PreemptionByScheduler" },
    ]);
    expect(["kept", "dear"].map((name) => pod(name)?.metadata.deletionTimestamp)).toEqual([undefined, undefined]);
    expect(pod("vip")?.status?.nominatedNodeName).toBe("n1");
    expect(eventsOf("victim")).toEqual(["Normal Preempted Preempted by pod uid-default-vip on node n1"]);
    addPod("thief", { cpu: "2", spec: { priority: 7 } });
    await idle();
    cluster.remove(pods, "victim", "default");
    await idle();
    expect([nodeOf("vip"), nodeOf("thief")]).toEqual(["n1", undefined]);
  });

  test("gives a nomination back when there is nothing left to hope for", async () => {
    addNode("n1", { cpu: "2" });
    const vip = makePod("vip", { ...important, cpu: "3" });
    cluster.put<Pod>(pods, { ...vip, status: { nominatedNodeName: "n1" } });
    addPod("small", { cpu: "2" });
    start();
    await idle();
    expect(pod("vip")?.status?.nominatedNodeName).toBeUndefined();
    expect(nodeOf("small")).toBe("n1");
  });

  test("leaves all in peace when it asks for that, or when it would be in vain", async () => {
    addNode("n1", { cpu: "2" });
    const running = makePod("running", { cpu: "1", spec: { nodeName: "n1" } });
    cluster.put<Pod>(pods, { ...running, status: { phase: "Running" } });
    const guard = makePod("guard", { cpu: "1", spec: { nodeName: "n1", priority: 1000 } });
    cluster.put<Pod>(pods, { ...guard, status: { phase: "Running" } });
    addPod("polite", { cpu: "1", spec: { priority: 100, preemptionPolicy: "Never" } });
    addPod("vain", important);
    start();
    await idle();
    expect(scheduled("polite")?.message).toBe(
      "0/1 nodes are available: 1 Insufficient cpu. preemption: not eligible due to preemptionPolicy=Never.",
    );
    expect(scheduled("vain")?.message).toBe(
      "0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available: 1 Insufficient cpu.",
    );
    expect(pod("running")?.metadata.deletionTimestamp).toBeUndefined();
  });
});

test("a restarted scheduler counts what already runs", async () => {
  addNode("n1", { cpu: "2" });
  addNode("n2", { cpu: "2" });
  const running = makePod("running", { cpu: "2", spec: { nodeName: "n1" } });
  cluster.put<Pod>(pods, { ...running, status: { phase: "Running" } });
  addPod("web", { cpu: "2" });
  addPod("more", { cpu: "2" });
  start();
  await idle();
  expect(nodeOf("web")).toBe("n2");
  expect(nodeOf("more")).toBeUndefined();
});

describe("the figures", () => {
  test("tell who waits, and how attempts ended", async () => {
    addNode("n1", { cpu: "1" });
    addPod("fits", { cpu: "500m" });
    addPod("too-large", { cpu: "64" });
    start();
    await idle();
    const text = await metrics.text();
    expect(text).toContain('scheduler_pending_pods{queue="unschedulable"} 1');
    expect(text).toContain('scheduler_pending_pods{queue="active"} 0');
    const attempts = "scheduler_schedule_attempts_total";
    expect(text).toContain(`${attempts}{profile="default-scheduler",result="scheduled"} 1`);
    expect(text).toContain(`${attempts}{profile="default-scheduler",result="unschedulable"} 1`);
    expect(text).toContain("scheduler_pod_scheduling_attempts_count 1");
  });
});
