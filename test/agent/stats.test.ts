import { beforeEach, expect, test } from "vitest";
import type { ContainerUsage } from "../../src/agent/runtime/types.ts";
import { UsageSampler } from "../../src/agent/stats/sampler.ts";
import { describeDocker } from "../docker-gate.ts";
import { FakeClock } from "../fake-clock.ts";
import { podOf, shell, testAgent, until } from "./agent-fixture.ts";

const pod = { namespace: "default", name: "web", uid: "u" };
let clock: FakeClock;
let reads: number;
let containers: { name: string; id: string }[];
let sampler: UsageSampler;

/** Half a core in each container, a whole one on the host. */
const used = (share: number): ContainerUsage => ({
  time: clock.now(),
  cpuNanoseconds: (clock.now() - Date.parse("2026-01-01T00:00:00Z")) * 1e6 * share,
  memoryUsageBytes: 3000,
  memoryWorkingSetBytes: 2000,
});

beforeEach(() => {
  clock = new FakeClock();
  reads = 0;
  containers = [{ name: "app", id: "c1" }];
  sampler = new UsageSampler({
    clock,
    runtime: {
      async containerUsage(id) {
        reads++;
        return id === "gone" ? undefined : used(0.5);
      },
    },
    running: () => [{ pod, containers }],
    host: () => used(1),
  });
});

test("the first answer takes a second; the next one is the same while it is fresh", async () => {
  const asked = sampler.stats();
  await clock.run(1000);
  expect(await asked).toEqual({
    time: "2026-01-01T00:00:01.000Z",
    windowMilliseconds: 1000,
    node: { cpuNanoCores: 1e9, cpuNanoseconds: 1e9, memoryUsageBytes: 3000, memoryWorkingSetBytes: 2000 },
    pods: [
      {
        pod,
        containers: [
          { name: "app", cpuNanoCores: 5e8, cpuNanoseconds: 5e8, memoryUsageBytes: 3000, memoryWorkingSetBytes: 2000 },
        ],
      },
    ],
  });
  expect(await sampler.stats()).toBe(await asked);
  expect(reads).toBe(2);
});

test("a clock that is set makes no answer old or fresh, and no rate wrong", async () => {
  const first = sampler.stats();
  await clock.run(1000);
  await first;
  clock.jump(-3_600_000);
  await clock.run(11_000);
  const second = sampler.stats();
  await clock.run(1000);
  const { windowMilliseconds, node } = await second;
  expect([windowMilliseconds, node.cpuNanoCores]).toEqual([1000, 1e9]);
});

test("later answers are rates since the one before, as long as that says something of now", async () => {
  const first = sampler.stats();
  await clock.run(1000);
  await first;
  await clock.run(15_000);
  expect((await sampler.stats()).windowMilliseconds).toBe(15_000);
  await clock.run(61_000);
  const late = sampler.stats();
  await clock.run(1000);
  expect((await late).windowMilliseconds).toBe(1000);
});

test("of what has ended, or has only just begun, nothing is told; and nothing is read while nobody asks", async () => {
  containers = [{ name: "old", id: "gone" }];
  const first = sampler.stats();
  await clock.run(500);
  containers = [{ name: "new", id: "c2" }];
  await clock.run(500);
  expect((await first).pods).toEqual([{ pod, containers: [] }]);
  const before = reads;
  await clock.run(3600_000);
  expect([reads, clock.pending]).toEqual([before, 0]);
});

describeDocker("usage on Docker", () => {
  test("what burns a core shows it, what sleeps does not", async () => {
    const agent = await testAgent();
    try {
      agent.link.set("pods", podOf("burns", [{ name: "hot", command: ["sh", "-c", "while :; do :; done"] }]));
      agent.link.set("pods", podOf("sleeps", [{ name: "cold", command: shell("true") }]));
      await until(() =>
        expect(["burns", "sleeps"].map((name) => agent.link.status(name)?.phase)).toEqual(["Running", "Running"]),
      );
      const stats = await agent.agent.link.stats?.();
      const of = (name: string) => stats?.pods.find(({ pod }) => pod.name === name)?.containers[0];
      expect(of("burns")?.cpuNanoCores).toBeGreaterThan(50e6);
      expect(of("sleeps")?.cpuNanoCores).toBeLessThan(20e6);
      expect(of("sleeps")?.memoryWorkingSetBytes).toBeGreaterThan(10_000);
      expect(stats?.node.memoryWorkingSetBytes).toBeGreaterThan(50 << 20);
    } finally {
      await agent.end();
    }
  });
});
