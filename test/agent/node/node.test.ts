import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { startAgent } from "../../../src/agent/agent.ts";
import type { Measurement } from "../../../src/agent/node/measure.ts";
import { nodeStatus, statusChanged } from "../../../src/agent/node/status.ts";
import { SimulatedRuntime } from "../../../src/agent/runtime/simulated/runtime.ts";
import { type RuntimeInfo, RuntimeUnavailableError } from "../../../src/agent/runtime/types.ts";
import { silentLogger } from "../../../src/machinery/logger.ts";
import type { Node } from "../../../src/machinery/types/core/v1.ts";
import { FakeClock, settle } from "../../fake-clock.ts";
import { FakeLink } from "../fake-link.ts";

const host = { hostname: "box", kernel: "6.1", osImage: "Debian", machineId: "m", systemUuid: "s", bootId: "b" };
const GiB = 2 ** 30;
const measured: Measurement = {
  runtime: {
    name: "docker",
    version: "20.10.24",
    operatingSystem: "Debian GNU/Linux 12",
    kernelVersion: "6.1.0",
    architecture: "arm64",
    cpus: 4,
    memoryBytes: 8 * GiB,
    cgroupDriver: "systemd",
  },
  unavailable: undefined,
  images: [
    { id: "a", repoTags: ["web:1"], repoDigests: ["web@sha256:1"], sizeBytes: 10, user: "" },
    { id: "b", repoTags: [], repoDigests: [], sizeBytes: 30, user: "" },
    { id: "c", repoTags: ["db:1"], repoDigests: [], sizeBytes: 20, user: "" },
  ],
  disk: { totalBytes: 100 * GiB, availableBytes: 8 * GiB },
  memory: { totalBytes: 8 * GiB, availableBytes: 4 * GiB },
};
const input = {
  host,
  measured,
  addresses: ["192.0.2.1"],
  maxPods: 110,
  previous: undefined,
  now: "2026-01-01T00:00:00Z",
};

test("a node's capacity, allocatable, info and images", () => {
  const status = nodeStatus(input);
  expect(status).toMatchObject({
    capacity: { cpu: "4", memory: "8388608Ki", "ephemeral-storage": "104857600Ki", pods: "110" },
    allocatable: { cpu: "4", memory: "8286208Ki", "ephemeral-storage": "96636764160", pods: "110" },
    addresses: [
      { type: "InternalIP", address: "192.0.2.1" },
      { type: "Hostname", address: "box" },
    ],
    nodeInfo: {
      containerRuntimeVersion: "docker://20.10.24",
      kubeletVersion: expect.stringMatching(/^v1\.36\.0-kl/),
      architecture: "arm64",
      operatingSystem: "linux",
      osImage: "Debian GNU/Linux 12",
    },
    images: [
      { names: ["db:1"], sizeBytes: 20 },
      { names: ["web@sha256:1", "web:1"], sizeBytes: 10 },
    ],
  });
  expect(status.conditions?.map(({ type, status, reason }) => `${type}=${status} ${reason}`)).toEqual([
    "MemoryPressure=False KubeletHasSufficientMemory",
    "DiskPressure=False KubeletHasNoDiskPressure",
    "PIDPressure=False KubeletHasSufficientPID",
    "Ready=True KubeletReady",
  ]);
});

test("pressure and an absent engine are told, with the time of their change", () => {
  const before = nodeStatus(input);
  const bad: Measurement = {
    ...measured,
    runtime: undefined,
    unavailable: "Cannot connect",
    images: [],
    disk: { totalBytes: 10 * GiB, availableBytes: GiB / 4 },
    memory: { totalBytes: 8 * GiB, availableBytes: 50 << 20 },
  };
  const now = "2026-01-01T00:10:00Z";
  const after = nodeStatus({ ...input, measured: bad, previous: before, now });
  expect(
    after.conditions?.map(({ type, status, reason, lastTransitionTime }) => [type, status, reason, lastTransitionTime]),
  ).toEqual([
    ["MemoryPressure", "True", "KubeletHasInsufficientMemory", now],
    ["DiskPressure", "True", "KubeletHasDiskPressure", now],
    ["PIDPressure", "False", "KubeletHasSufficientPID", input.now],
    ["Ready", "False", "KubeletNotReady", now],
  ]);
  expect(after.conditions?.at(-1)?.message).toBe("container runtime is down: Cannot connect");
  expect(after.images).toEqual(before.images);
  expect(statusChanged(before, after)).toBe(true);
  expect(statusChanged(before, nodeStatus({ ...input, previous: before, now }))).toBe(false);
});

test("the node is registered, beats, and is Ready or not as the engine comes and goes", async () => {
  const clock = new FakeClock();
  const link = new FakeLink();
  let down = true;
  const runtime = new SimulatedRuntime({ clock });
  vi.spyOn(runtime, "info").mockImplementation(async () => {
    if (down) throw new RuntimeUnavailableError("Cannot connect to the Docker daemon");
    return measured.runtime as RuntimeInfo;
  });
  vi.spyOn(runtime, "listImages").mockImplementation(async () => measured.images);
  const dataDir = await mkdtemp(join(tmpdir(), "kl-node-"));
  const agent = await startAgent({
    nodeName: "n1",
    link,
    runtime,
    dataDir,
    clock,
    log: silentLogger,
    labels: { zone: "a" },
    taints: [{ key: "t", effect: "NoSchedule" }],
    podCidr: "10.244.3.0/24",
  });
  await vi.waitFor(() => expect(link.nodeStatus).toBeDefined());
  expect(link.node).toMatchObject({
    metadata: {
      name: "n1",
      labels: {
        "kubernetes.io/os": "linux",
        "beta.kubernetes.io/os": "linux",
        zone: "a",
        "kubernetes.io/hostname": expect.any(String),
      },
    },
    spec: { podCIDR: "10.244.3.0/24", podCIDRs: ["10.244.3.0/24"], taints: [{ key: "t", effect: "NoSchedule" }] },
  });
  const ready = () => link.nodeStatus?.conditions?.find(({ type }) => type === "Ready");
  expect(ready()).toMatchObject({
    status: "False",
    message: "container runtime is down: Cannot connect to the Docker daemon",
  });

  down = false;
  await vi.waitFor(async () => {
    clock.advance(10_000);
    await settle();
    expect(ready()?.status).toBe("True");
  });
  const leases = link.leases;
  const told = link.nodeStatus;
  const since = clock.now();
  await vi.waitFor(async () => {
    clock.advance(1000);
    await settle();
    expect(link.leases).toBe(leases + 3);
  }, 5000);
  expect(clock.now() - since).toBeGreaterThan(20_000);
  // Nothing has changed, so that only the lease was renewed.
  expect(link.nodeStatus).toBe(told);
  // It was not heard for a while and is taken for lost.
  const lost = { type: "Ready", status: "Unknown", reason: "NodeStatusUnknown" };
  link.set("nodes", { ...link.node, metadata: { name: "n1" }, status: { conditions: [lost] } } as Node);
  await vi.waitFor(() => expect(link.nodeStatus).not.toBe(told));
  expect(ready()?.status).toBe("True");
  await agent.stop();
  await rm(dataDir, { recursive: true });
});
