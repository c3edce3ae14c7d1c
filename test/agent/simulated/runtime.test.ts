import { text } from "node:stream/consumers";
import { expect, test, vi } from "vitest";
import { SimulatedRuntime } from "../../../src/agent/runtime/simulated/runtime.ts";
import type { ContainerConfig, SandboxConfig } from "../../../src/agent/runtime/types.ts";
import { FakeClock } from "../../fake-clock.ts";

const sandboxConfig: SandboxConfig = {
  ...{ podUid: "u1", namespace: "default", name: "web", hostname: "web", attempt: 0 },
  ...{ hostNetwork: false, hostPID: false, hostIPC: false, shareProcessNamespace: false },
  ...{ hostAliases: [], portMappings: [], sysctls: {}, labels: {} },
};
const containerConfig: ContainerConfig = {
  ...{ podUid: "u1", namespace: "default", podName: "web", name: "app", kind: "app", attempt: 0, image: "web:1" },
  ...{ env: [], mounts: [], devices: [], stdin: false, stdinOnce: false, tty: false, supplementalGroups: [] },
  ...{ privileged: false, readOnlyRootFilesystem: false, addCapabilities: [], dropCapabilities: [] },
  ...{ noNewPrivileges: false, securityOpts: [], specHash: "h", labels: {} },
};

test("a container's life", async () => {
  const clock = new FakeClock();
  const exits = () => ({ after: 60_000, code: 2 });
  const runtime = new SimulatedRuntime({ clock, startDelay: 1_000, exits });
  const changed: string[] = [];
  runtime.watch({ changed: (uid) => changed.push(uid), resync: () => undefined });
  const sandbox = await runtime.createSandbox(sandboxConfig);
  const other = await runtime.createSandbox({ ...sandboxConfig, podUid: "u2" });
  expect(sandbox.ips).not.toEqual(other.ips);
  const id = await runtime.createContainer(sandbox, containerConfig);
  const starting = runtime.startContainer(id);
  expect((await runtime.inspectContainer(id))?.state).toBe("created");
  await clock.run(1_000);
  await starting;
  expect(await runtime.inspectContainer(id)).toMatchObject({ state: "running", startedAt: "2026-01-01T00:00:01.000Z" });
  expect(await text(await runtime.logs(id))).toContain("simulated");
  await expect(runtime.exec(id)).rejects.toThrow("container app is simulated: no command can run in it");
  await clock.run(60_000);
  expect(await runtime.inspectContainer(id)).toMatchObject({ state: "exited", exitCode: 2 });
  await vi.waitFor(() => expect(changed).toEqual(["u1", "u1"]));
  await runtime.removeContainer(id);
  await runtime.removeSandbox(sandbox.id);
  expect(await runtime.list()).toEqual({ sandboxes: [other], containers: [] });
  await expect(runtime.startContainer(id)).rejects.toMatchObject({ reason: "not-found" });
});

test("stopping ends a container at once and for good", async () => {
  const clock = new FakeClock();
  const runtime = new SimulatedRuntime({ clock, exits: () => ({ after: 5, code: 1 }) });
  const id = await runtime.createContainer(await runtime.createSandbox(sandboxConfig), containerConfig);
  await runtime.startContainer(id);
  await runtime.stopContainer(id, 30);
  expect(clock.pending).toBe(0);
  expect(await runtime.inspectContainer(id)).toMatchObject({ state: "exited", exitCode: 0 });
});
