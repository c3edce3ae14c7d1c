/**
 * How many pods a second are scheduled and bound durably, through API server, store on disk, informers and events, all in
 * this process: `node bench/scheduler-api.ts [nodes] [pods]`. The pods are created first; the clock runs from the start of
 * the scheduler to the last binding that an informer sees.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createEventRecorder } from "../src/api/client/event-recorder.ts";
import { createInformerFactory } from "../src/api/client/factory.ts";
import { createApiServer } from "../src/api/server.ts";
import { systemClock as clock } from "../src/machinery/clock.ts";
import { silentLogger as log } from "../src/machinery/logger.ts";
import type { Node, Pod } from "../src/machinery/types/core/v1.ts";
import { startScheduler } from "../src/sched/scheduler.ts";
import { openSqliteStore } from "../src/store/sqlite/open.ts";

const [nodeCount = 5000, podCount = 10_000] = process.argv.slice(2).map(Number);
const podResource = { group: "", version: "v1", resource: "pods" };
const nodeResource = { group: "", version: "v1", resource: "nodes" };

const folder = await mkdtemp(join(tmpdir(), "kl-bench-"));
const store = await openSqliteStore({ file: join(folder, "state.db") });
const api = createApiServer({
  store,
  clock,
  log,
  agentOf: () => undefined,
  serviceCidr: "10.43.0.0/16",
  historyWindow: 300_000,
  // No controllers run here that would make accounts and find the nodes ready.
  disableAdmissionPlugins: ["ServiceAccount", "TaintNodesByCondition"],
});
const admin = api.client({ name: "bench", groups: ["system:masters"] });

async function createAll<T>(count: number, create: (i: number) => Promise<T>): Promise<void> {
  for (let i = 0; i < count; i += 256) {
    await Promise.all(Array.from({ length: Math.min(256, count - i) }, (_, j) => create(i + j)));
  }
}

await createAll(nodeCount, async (i) => {
  const metadata = { name: `node-${i}` };
  const status = {
    allocatable: { cpu: "16", memory: "64Gi", pods: "110" },
    capacity: { cpu: "16", memory: "64Gi", pods: "110" },
  };
  const nodes = admin.resource<Node>(nodeResource);
  await nodes.create({ apiVersion: "v1", kind: "Node", metadata });
  await nodes.patch(metadata.name, { type: "merge", patch: { status } }, { subresource: "status" });
});
const resources = { requests: { cpu: "100m", memory: "128Mi" } };
const began = performance.now();
await createAll(podCount, (i) =>
  admin.resource<Pod>(podResource, "default").create({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: `pod-${i}`, namespace: "default" },
    spec: { containers: [{ name: "app", image: "app:1", resources }] },
  }),
);
console.log(`${podCount} pods created in process: ${Math.round(podCount / ((performance.now() - began) / 1000))}/s`);

const client = api.client({ name: "system:kube-scheduler", groups: ["system:authenticated"] });
const informers = createInformerFactory({ client, clock, log });
const events = createEventRecorder({ client, clock, log, component: "default-scheduler" });
let bound = 0;
let start = 0;
const done = new Promise<number>((resolve) => {
  informers.informer<Pod>(podResource).addHandler({
    update(pod, old) {
      if (!pod.spec?.nodeName || old.spec?.nodeName) return;
      if (++bound === podCount) resolve(performance.now() - start);
    },
  });
});
start = performance.now();
const cpu = process.cpuUsage();
const scheduler = startScheduler({ client, informers, events, clock, log });
const milliseconds = await done;
const { user, system } = process.cpuUsage(cpu);
const perSecond = Math.round(podCount / (milliseconds / 1000));
const memory = Math.round(process.memoryUsage().rss / 1e6);
console.log(
  `${nodeCount} nodes, ${podCount} pods: ${perSecond} bound/s in ${Math.round(milliseconds)} ms (${Math.round((user + system) / 1000)} ms of CPU), ${memory} MB resident`,
);
const flushing = performance.now();
await events.flush();
console.log(`their events were written ${Math.round(performance.now() - flushing)} ms later`);
await scheduler.stop();
await informers.stop();
await api.close();
await store.close();
await rm(folder, { recursive: true });
