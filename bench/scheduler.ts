/**
 * How many pods a second the scheduler places in its pure form (no API server): `node bench/scheduler.ts [nodes] [pods]`.
 * Rates are per second of CPU time, so that a busy machine does not blur them.
 */
import type { Node, Pod } from "../src/machinery/types/core/v1.ts";
import { Planner } from "../src/sched/planner.ts";
import { defaultProfile } from "../src/sched/plugins/default-profile.ts";
import { createPodInfo } from "../src/sched/snapshot/pod-info.ts";
import { Snapshot } from "../src/sched/snapshot/snapshot.ts";

const [nodeCount = 5000, podCount = 10_000] = process.argv.slice(2).map(Number);

function makeNode(i: number): Node {
  const name = `node-${i}`;
  return {
    metadata: { name, labels: { "kubernetes.io/hostname": name, zone: `z${i % 3}` } },
    spec: i % 10 === 0 ? { taints: [{ key: "dedicated", value: "x", effect: "NoSchedule" }] } : {},
    status: {
      allocatable: { cpu: "16", memory: "64Gi", "ephemeral-storage": "100Gi", pods: "110" },
      images: [{ names: [`registry/app-${i % 7}:1`], sizeBytes: 300_000_000 }],
    },
  };
}

function makePod(i: number, kinds: number): Pod {
  const kind = i % kinds;
  return {
    metadata: { name: `pod-${i}`, namespace: "bench", uid: `${i}` },
    spec: {
      containers: [
        {
          name: "app",
          image: `registry/app-${kind % 7}:1`,
          resources: { requests: { cpu: `${100 + kind}m`, memory: "128Mi" } },
        },
      ],
      ...(kind % 4 === 1 ? { nodeSelector: { zone: `z${kind % 3}` } } : {}),
    },
  };
}

function run(kinds: number): { seconds: number; placed: number; prepare: number } {
  const snapshot = new Snapshot();
  const planner = new Planner(defaultProfile(), snapshot);
  for (let i = 0; i < nodeCount; i++) snapshot.setNode(makeNode(i));
  const pods = Array.from({ length: podCount }, (_, i) => makePod(i, kinds));
  const began = cpuSeconds();
  const infos = pods.map((pod) => createPodInfo(pod, snapshot.columns));
  const prepared = cpuSeconds();
  let placed = 0;
  for (const info of infos) {
    const plan = planner.plan(info);
    if (plan.nodeName === undefined) continue;
    snapshot.addPod(plan.nodeName, info);
    placed++;
  }
  return { seconds: cpuSeconds() - prepared, placed, prepare: prepared - began };
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

for (const kinds of [1, 100, 1000, podCount]) {
  const runs = Array.from({ length: kinds > 1000 ? 3 : 5 }, () => run(kinds)).sort((a, b) => a.seconds - b.seconds);
  const median = runs[runs.length >> 1];
  if (!median) continue;
  const rate = Math.round(median.placed / median.seconds);
  const all = Math.round(median.placed / (median.seconds + median.prepare));
  console.log(
    `${nodeCount} nodes, ${podCount} pods of ${kinds} kinds: ${rate} pods/s planned and assumed, ${all} with reading the pods`,
  );
}
