/**
 * The rules of many Services: how long the kernel takes for all of them, and for one change. In a network namespace of its
 * own: nothing of the host is touched. Needs root. `node bench/services.ts [services] [endpoints of each]`
 */
import { execFileSync } from "node:child_process";
import { createNft } from "../src/agent/net/nft.ts";
import { ServiceDirectory } from "../src/agent/net/service-directory.ts";
import { ServiceProxy } from "../src/agent/net/service-proxy.ts";
import { systemClock } from "../src/machinery/clock.ts";
import { silentLogger } from "../src/machinery/logger.ts";
import type { Service } from "../src/machinery/types/core/v1.ts";
import type { EndpointSlice } from "../src/machinery/types/discovery/v1.ts";

const count = Number(process.argv[2] ?? 5000);
const each = Number(process.argv[3] ?? 10);
const rounds = 50;
const namespace = `kl-bench-${process.pid}`;

const address = (base: number, n: number): string => `10.${base + (n >> 16)}.${(n >> 8) & 255}.${n & 255}`;

function service(n: number): Service {
  const clusterIP = address(96, n + 256);
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { namespace: "bench", name: `s${n}`, uid: `s${n}`, resourceVersion: "1" },
    spec: {
      type: "ClusterIP",
      clusterIP,
      clusterIPs: [clusterIP],
      ports: [{ name: "http", port: 80, protocol: "TCP" }],
    },
  };
}

function slice(n: number, version: number, endpoints: number): EndpointSlice {
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: {
      namespace: "bench",
      name: `s${n}-x`,
      uid: `e${n}`,
      resourceVersion: String(version),
      labels: { "kubernetes.io/service-name": `s${n}` },
    },
    addressType: "IPv4",
    endpoints: Array.from({ length: endpoints }, (_, index) => ({
      addresses: [address(40, n * each + index + 1)],
      conditions: { ready: true },
      nodeName: `n${index}`,
    })),
    ports: [{ name: "http", port: 8080, protocol: "TCP" }],
  };
}

function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

// The clock's timers do not keep a process alive.
const alive = setInterval(() => undefined, 1000);
execFileSync("ip", ["netns", "add", namespace]);
try {
  const directory = new ServiceDirectory();
  const table = {
    family: "ip",
    name: "kl-bench",
    podInterface: "kl-bench",
    podCidr: "10.42.0.0/24",
    clusterCidr: "10.42.0.0/16",
    bridgeFiltered: true,
    routesLoopback: true,
  } as const;
  const proxy = new ServiceProxy({
    directory,
    nft: createNft(["ip", "netns", "exec", namespace, "nft"]),
    table,
    nodeName: "n0",
    beforeSync: () => Promise.resolve(),
    clock: systemClock,
    log: { ...silentLogger, warn: (fields, message) => console.error(message, fields) },
  });
  directory.reset();
  for (let n = 0; n < count; n++) {
    directory.set("services", service(n));
    directory.set("endpointslices", slice(n, 1, each));
  }
  const begin = performance.now();
  directory.synced();
  proxy.start();
  await proxy.settled();
  console.log(`${count} Services, ${count * each} endpoints: first load ${(performance.now() - begin).toFixed(0)} ms`);

  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const n = Math.floor((round * count) / rounds);
    const start = performance.now();
    directory.set("endpointslices", slice(n, round + 2, each - 1));
    await proxy.settled();
    times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  const [half, most] = [percentile(times, 0.5), percentile(times, 0.99)];
  console.log(`one change: p50 ${half.toFixed(1)} ms, p99 ${most.toFixed(1)} ms (gathering of 4 to 10 ms included)`);
  console.log(`memory: ${(process.memoryUsage().rss / 2 ** 20).toFixed(0)} MB`);
  await proxy.stop();
} finally {
  clearInterval(alive);
  execFileSync("ip", ["netns", "del", namespace]);
}
