/** Scheduler and node-side controllers against the API server itself: what the fake one may be too kind to refuse. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createEventRecorder } from "../../src/api/client/event-recorder.ts";
import { createInformerFactory } from "../../src/api/client/factory.ts";
import type { Client, InformerFactory } from "../../src/api/client/types.ts";
import { createApiServer } from "../../src/api/server.ts";
import type { ApiServer } from "../../src/api/types.ts";
import { controllerUser, type RunningControllers, startControllers } from "../../src/ctrl/index.ts";
import { controllers } from "../../src/ctrl/registry.ts";
import { silentLogger as log } from "../../src/machinery/logger.ts";
import type { Endpoints, Event, Node, Pod, Service } from "../../src/machinery/types/core/v1.ts";
import type { EndpointSlice } from "../../src/machinery/types/discovery/v1.ts";
import type { PriorityClass } from "../../src/machinery/types/scheduling/v1.ts";
import { type RunningScheduler, startScheduler } from "../../src/sched/scheduler.ts";
import { openMemoryStore } from "../../src/store/sqlite/open.ts";
import type { Store } from "../../src/store/types.ts";
import { FakeClock } from "../fake-clock.ts";
import { makeNode, makePod, type NodeOptions, type PodOptions } from "./objects.ts";

const core = (resource: string) => ({ group: "", version: "v1", resource });
const sliceResource = { group: "discovery.k8s.io", version: "v1", resource: "endpointslices" };
const mine = ["endpoint", "endpointslice", "nodelifecycle", "taint-eviction", "podgc", "ttl-event"];

let clock: FakeClock;
let store: Store;
let api: ApiServer;
let admin: Client;
let informers: InformerFactory;
let running: RunningControllers;
let scheduler: RunningScheduler;

beforeEach(async () => {
  clock = new FakeClock();
  store = await openMemoryStore();
  api = createApiServer({
    store,
    clock,
    log,
    agentOf: () => undefined,
    serviceCidr: "10.43.0.0/16",
    historyWindow: 3_600_000,
    disableAdmissionPlugins: ["ServiceAccount"],
  });
  admin = api.client({ name: "admin", groups: ["system:masters"] });
  informers = createInformerFactory({ client: admin, clock, log });
  running = await startControllers({
    client: (account) => api.client(controllerUser(account)),
    informers,
    events: (component, client) => createEventRecorder({ client, clock, log, component }),
    clock,
    log,
    definitions: () => [],
    rootCertificate: "",
    disable: controllers.map(({ name }) => name).filter((name) => !mine.includes(name)),
  });
  const client = api.client({ name: "system:kube-scheduler", groups: ["system:authenticated"] });
  const events = createEventRecorder({ client, clock, log, component: "default-scheduler" });
  scheduler = startScheduler({ client, informers, events, clock, log });
});

afterEach(async () => {
  await scheduler.stop();
  await running.stop();
  await informers.stop();
  await api.close();
  await store.close();
});

async function addNode(name: string, options: NodeOptions = {}): Promise<void> {
  const { status, ...node } = makeNode(name, options);
  const nodes = admin.resource<Node>(core("nodes"));
  await nodes.create(node);
  const heartbeat = new Date(clock.now()).toISOString().replace(".000", "");
  const ready = { type: "Ready", status: "True", lastHeartbeatTime: heartbeat, lastTransitionTime: heartbeat };
  const patch = { status: { ...status, capacity: status?.allocatable, conditions: [ready] } };
  await nodes.patch(name, { type: "merge", patch }, { subresource: "status" });
}

async function addPod(name: string, options: PodOptions = {}): Promise<void> {
  const pod = makePod(name, options);
  const { uid: _, ...metadata } = pod.metadata;
  await admin
    .resource<Pod>(core("pods"), "default")
    .create({ ...pod, metadata: { ...metadata, labels: { app: "web" } } });
}

const getPod = (name: string) => admin.resource<Pod>(core("pods"), "default").get(name);
const getNode = (name: string) => admin.resource<Node>(core("nodes")).get(name);
const setReady = (name: string, podIP: string) => {
  const patch = {
    status: { phase: "Running", podIP, podIPs: [{ ip: podIP }], conditions: [{ type: "Ready", status: "True" }] },
  };
  return admin
    .resource<Pod>(core("pods"), "default")
    .patch(name, { type: "strategic", patch }, { subresource: "status" });
};

test("a pod is bound, one that fits nowhere is told why, and events say so", async () => {
  await addNode("n1", { cpu: "2" });
  await addPod("fits", { cpu: "1" });
  await addPod("large", { cpu: "3" });
  await vi.waitFor(async () => expect((await getPod("fits")).spec?.nodeName).toBe("n1"));
  await vi.waitFor(async () =>
    expect((await getPod("large")).status?.conditions).toMatchObject([
      {
        type: "PodScheduled",
        status: "False",
        reason: "Unschedulable",
        message:
          "0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.",
      },
    ]),
  );
  await vi.waitFor(async () => {
    const { items } = await admin.resource<Event>(core("events"), "default").list();
    const said = items.filter(({ source }) => source?.component === "default-scheduler").map(({ reason }) => reason);
    expect(said.sort()).toEqual(["FailedScheduling", "Scheduled"]);
  });
});

test("a pod of higher priority takes the place of another", async () => {
  await addNode("n1", { cpu: "2" });
  await addPod("low", { cpu: "2" });
  await vi.waitFor(async () => expect((await getPod("low")).spec?.nodeName).toBe("n1"));
  await admin
    .resource<PriorityClass>({ group: "scheduling.k8s.io", version: "v1", resource: "priorityclasses" })
    .create({ metadata: { name: "high" }, value: 100 });
  await addPod("high", { cpu: "2", spec: { priorityClassName: "high" } });
  await vi.waitFor(async () => {
    expect((await getPod("low")).metadata.deletionTimestamp).toBeDefined();
    expect((await getPod("high")).status?.nominatedNodeName).toBe("n1");
  });
  await admin.resource<Pod>(core("pods"), "default").delete("low", { gracePeriodSeconds: 0 });
  await vi.waitFor(async () => expect((await getPod("high")).spec?.nodeName).toBe("n1"));
});

test("endpoints follow the pods of a service", async () => {
  const spec = { selector: { app: "web" }, ports: [{ name: "http", port: 80, targetPort: 8080 }] };
  const service = { apiVersion: "v1", kind: "Service", metadata: { name: "web" }, spec };
  await admin.resource<Service>(core("services"), "default").create(service);
  await addNode("n1");
  await addPod("p1");
  await vi.waitFor(async () => expect((await getPod("p1")).spec?.nodeName).toBe("n1"));
  await setReady("p1", "10.42.0.7");
  await vi.waitFor(async () => {
    const endpoints = await admin.resource<Endpoints>(core("endpoints"), "default").get("web");
    expect(endpoints.subsets?.[0]?.addresses?.[0]?.ip).toBe("10.42.0.7");
    const { items } = await admin.resource<EndpointSlice>(sliceResource, "default").list();
    expect(items).toHaveLength(1);
    expect(items[0]?.endpoints).toMatchObject([
      { addresses: ["10.42.0.7"], conditions: { ready: true }, nodeName: "n1" },
    ]);
  });
  const before = store.revision;
  await setReady("p1", "10.42.0.7");
  expect(store.revision).toBe(before);
});

test("a silent node is Unknown and tainted, its pods are not ready and go when their time is over", async () => {
  await addNode("dead");
  await addNode("well");
  await addPod("p1", { spec: { nodeSelector: { "kubernetes.io/hostname": "dead" } } });
  await vi.waitFor(async () => expect((await getPod("p1")).spec?.nodeName).toBe("dead"));
  await setReady("p1", "10.42.0.7");
  /** The well node goes on posting its status. */
  const pass = async (seconds: number) => {
    for (let done = 0; done < seconds; done += 5) {
      const at = new Date(clock.now()).toISOString().replace(".000", "");
      const patch = { status: { conditions: [{ type: "Ready", status: "True", lastHeartbeatTime: at }] } };
      await admin.resource<Node>(core("nodes")).patch("well", { type: "strategic", patch }, { subresource: "status" });
      await clock.run(5000);
    }
  };
  await pass(60);
  await vi.waitFor(async () => {
    const node = await getNode("dead");
    expect(node.status?.conditions?.find(({ type }) => type === "Ready")?.status).toBe("Unknown");
    const taints = node.spec?.taints?.map(({ key, effect }) => `${key}:${effect}`);
    expect(taints?.sort()).toEqual([
      "node.kubernetes.io/unreachable:NoExecute",
      "node.kubernetes.io/unreachable:NoSchedule",
    ]);
    const ready = (await getPod("p1")).status?.conditions?.find(({ type }) => type === "Ready");
    expect(ready?.status).toBe("False");
  });
  expect((await getNode("well")).spec?.taints ?? []).toEqual([]);
  await pass(250);
  expect((await getPod("p1")).metadata.deletionTimestamp).toBeUndefined();
  await pass(60);
  await vi.waitFor(async () => expect((await getPod("p1")).metadata.deletionTimestamp).toBeDefined());
});
