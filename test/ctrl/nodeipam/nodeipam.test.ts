import { afterEach, expect, test, vi } from "vitest";
import { createInformerFactory } from "../../../src/api/client/factory.ts";
import { nodeIpamController } from "../../../src/ctrl/nodeipam/nodeipam.ts";
import { silentLogger } from "../../../src/machinery/logger.ts";
import { failure } from "../../../src/machinery/status/error.ts";
import type { Node } from "../../../src/machinery/types/core/v1.ts";
import { FakeCluster } from "../../api/client/fake-client.ts";
import { FakeClock } from "../../fake-clock.ts";

const nodes = { group: "", version: "v1", resource: "nodes" };
let end: () => Promise<void> = () => Promise.resolve();
afterEach(() => end());

async function start(prepare: (cluster: FakeCluster) => void = () => undefined, clusterCidr = "10.42.0.0/22") {
  const clock = new FakeClock();
  const cluster = new FakeCluster(clock);
  prepare(cluster);
  const informers = createInformerFactory({ client: cluster, clock, log: silentLogger });
  const told: string[] = [];
  const controller = nodeIpamController({
    client: cluster,
    informers,
    clock,
    log: silentLogger,
    events: { event: (_about, type, reason, message) => told.push(`${type} ${reason} ${message}`) },
    definitions: () => [],
    rootCertificate: "",
    podNetwork: { clusterCidr, serviceCidr: "10.43.0.0/16", nodeCidrMaskSize: 24 },
  });
  informers.start();
  await informers.synced();
  controller.start();
  end = async () => {
    await controller.stop();
    await informers.stop();
  };
  const put = (name: string, labels: Record<string, string> = {}) =>
    cluster.put<Node>(nodes, { metadata: { name, labels }, spec: {} });
  const rangeOf = (name: string) => cluster.peek<Node>(nodes, name)?.spec;
  return { clock, cluster, put, rangeOf, told };
}

test("each node gets a range of its own, and those that have one keep it", async () => {
  const { put, rangeOf } = await start((cluster) => {
    cluster.put<Node>(nodes, { metadata: { name: "old" }, spec: { podCIDR: "10.42.1.0/24" } });
  });
  put("a");
  put("b");
  await vi.waitFor(() => expect([rangeOf("a"), rangeOf("b")]).toHaveLength(2));
  await vi.waitFor(() => expect(rangeOf("b")?.podCIDR).toBeDefined());
  expect(rangeOf("old")?.podCIDR).toBe("10.42.1.0/24");
  expect(new Set([rangeOf("a")?.podCIDR, rangeOf("b")?.podCIDR])).toEqual(new Set(["10.42.0.0/24", "10.42.2.0/24"]));
  expect(rangeOf("a")?.podCIDRs).toEqual([rangeOf("a")?.podCIDR]);
});

test("without ranges left a node is told so, and gets the first that comes back", async () => {
  const { put, rangeOf, cluster, told, clock } = await start(undefined, "10.42.0.0/24");
  put("a");
  await vi.waitFor(() => expect(rangeOf("a")?.podCIDR).toBe("10.42.0.0/24"));
  put("b");
  await vi.waitFor(() => expect(told).toContain("Normal CIDRNotAvailable Node b status is now: CIDRNotAvailable"));
  cluster.remove(nodes, "a");
  await clock.run(1000);
  await vi.waitFor(() => expect(rangeOf("b")?.podCIDR).toBe("10.42.0.0/24"));
});

test("a refused write does not cost a second range", async () => {
  const { put, rangeOf, cluster, clock } = await start(undefined, "10.42.0.0/23");
  const stop = cluster.react(({ verb }) => (verb === "patch" ? failure(500, "InternalError", "x") : undefined));
  put("a");
  await vi.waitFor(() => expect(cluster.calls.filter(({ verb }) => verb === "patch").length).toBeGreaterThan(0));
  stop();
  await clock.run(5000);
  await vi.waitFor(() => expect(rangeOf("a")?.podCIDR).toBe("10.42.0.0/24"));
  put("b");
  await vi.waitFor(() => expect(rangeOf("b")?.podCIDR).toBe("10.42.1.0/24"));
});

test("simulated nodes get none", async () => {
  const { put, rangeOf } = await start();
  put("simulated", { "kl.dev/simulated": "true" });
  put("real");
  await vi.waitFor(() => expect(rangeOf("real")?.podCIDR).toBe("10.42.0.0/24"));
  expect(rangeOf("simulated")?.podCIDR).toBeUndefined();
});
