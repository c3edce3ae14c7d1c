import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type SimulatedNodes, startSimulatedNodes } from "../../../src/agent/simulated-nodes/start.ts";
import { createInformerFactory } from "../../../src/api/client/factory.ts";
import type { InformerFactory } from "../../../src/api/client/types.ts";
import { createNodeLinks } from "../../../src/link/node-links.ts";
import * as resources from "../../../src/link/resources.ts";
import { silentLogger } from "../../../src/machinery/logger.ts";
import type { Lease } from "../../../src/machinery/types/coordination/v1.ts";
import type { Node, Pod, PodSpec } from "../../../src/machinery/types/core/v1.ts";
import { FakeCluster } from "../../api/client/fake-client.ts";
import { FakeClock } from "../../fake-clock.ts";

let clock: FakeClock;
let cluster: FakeCluster;
let informers: InformerFactory;
let started: SimulatedNodes[];

beforeEach(() => {
  clock = new FakeClock();
  cluster = new FakeCluster(clock);
  informers = createInformerFactory({ client: cluster, clock, log: silentLogger });
  started = [];
});
afterEach(async () => {
  for (const nodes of started) nodes.stop();
  await informers.stop();
});

async function simulate(count: number, startDelay = 0): Promise<SimulatedNodes> {
  const links = createNodeLinks({ client: cluster, informers, clock, log: silentLogger });
  informers.start();
  const { connect } = links;
  const nodes = await startSimulatedNodes({ count, connect, clock, log: silentLogger, startDelay });
  started.push(nodes);
  return nodes;
}

function putPod(name: string, nodeName: string, spec: Partial<PodSpec> = {}, annotations = {}): void {
  const containers = [{ name: "app", image: "web:1" }];
  cluster.put<Pod>(resources.pods, {
    metadata: { name, namespace: "default", annotations },
    spec: { containers, ...spec, nodeName },
  });
}
const pod = (name: string) => cluster.peek<Pod>(resources.pods, name, "default");
const ready = (name: string) => pod(name)?.status?.conditions?.find(({ type }) => type === "Ready")?.status;

test("nodes are Ready and keep their leases on one timer", async () => {
  await simulate(250);
  expect(cluster.all<Node>(resources.nodes)).toHaveLength(250);
  expect(new Set(cluster.all<Node>(resources.nodes).map(({ status }) => status?.addresses?.[0]?.address)).size).toBe(
    250,
  );
  expect(clock.pending).toBe(1);
  await clock.run(10_000);
  const renewed = cluster.all<Lease>(resources.leases).filter(({ spec }) => !spec?.renewTime?.includes("00:00:00.000"));
  expect(renewed).toHaveLength(250);
});

test("pods become Running and Ready, with addresses of their own", async () => {
  await simulate(2);
  for (let i = 0; i < 20; i++) putPod(`p${i}`, `sim-${i % 2}`, { initContainers: [{ name: "setup", image: "i" }] });
  await vi.waitFor(() => {
    for (let i = 0; i < 20; i++) expect(ready(`p${i}`)).toBe("True");
  });
  const pods = cluster.all<Pod>(resources.pods);
  expect(new Set(pods.map(({ status }) => status?.podIP)).size).toBe(20);
  expect(pods[0]?.status).toMatchObject({
    phase: "Running",
    initContainerStatuses: [{ name: "setup", state: { terminated: { reason: "Completed" } } }],
    containerStatuses: [{ name: "app", image: "web:1", ready: true, restartCount: 0, state: { running: {} } }],
  });
});

test("annotations: exit, failure and never ready", async () => {
  await simulate(1);
  const exit = { "kl.dev/simulate-exit-after": "1m30s" };
  putPod("done", "sim-0", { restartPolicy: "Never" }, exit);
  putPod("failed", "sim-0", { restartPolicy: "Never" }, { ...exit, "kl.dev/simulate-exit-code": "3" });
  putPod("server", "sim-0", { restartPolicy: "Always" }, exit);
  putPod("slow", "sim-0", {}, { "kl.dev/simulate-not-ready": "true" });
  await vi.waitFor(() => expect([ready("done"), ready("failed"), ready("server")]).toEqual(["True", "True", "True"]));
  await vi.waitFor(() => expect(ready("slow")).toBe("False"));
  await clock.run(90_000);
  await vi.waitFor(() => expect(pod("failed")?.status?.phase).toBe("Failed"));
  expect(pod("failed")?.status?.containerStatuses?.[0]?.state?.terminated).toMatchObject({
    exitCode: 3,
    reason: "Error",
  });
  await vi.waitFor(() => expect(pod("done")?.status?.phase).toBe("Succeeded"));
  expect(pod("server")?.status?.phase).toBe("Running");
});

test("a pod that is being deleted goes; one that starts slowly takes its time", async () => {
  await simulate(1, 5_000);
  putPod("p", "sim-0");
  await clock.run(4_999);
  expect(pod("p")?.status?.phase).toBeUndefined();
  await clock.run(1);
  await vi.waitFor(() => expect(ready("p")).toBe("True"));
  const current = pod("p");
  if (current) {
    const metadata = { ...current.metadata, deletionTimestamp: "2026-01-01T00:01:00Z" };
    cluster.put(resources.pods, { ...current, metadata });
  }
  await vi.waitFor(() => expect(pod("p")).toBeUndefined());
});

test("a node that was given up says that it is ready again", async () => {
  await simulate(1);
  const node = cluster.peek<Node>(resources.nodes, "sim-0");
  const conditions = [{ type: "Ready", status: "Unknown" }];
  cluster.put<Node>(resources.nodes, { ...(node ?? { metadata: { name: "sim-0" } }), status: { conditions } });
  await vi.waitFor(() => {
    const current = cluster.peek<Node>(resources.nodes, "sim-0")?.status?.conditions;
    expect(current?.find(({ type }) => type === "Ready")?.status).toBe("True");
  });
});

test("streams say that they are simulated", async () => {
  const { agents } = await simulate(1);
  const ref = { namespace: "default", name: "p", uid: "u" };
  const { signal } = new AbortController();
  const [agent] = agents;
  expect(await text((await agent?.logs(ref, {}, signal)) ?? Readable.from([]))).toBe(
    "pod p is simulated: it has no output\n",
  );
  await expect(agent?.exec(ref, { command: ["sh"], tty: false }, { signal })).rejects.toThrow("sim-0 is simulated");
});
