import { PassThrough, Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { type Runtime, RuntimeError, RuntimeUnavailableError } from "../../../src/agent/runtime/types.ts";
import { createAgentLink } from "../../../src/agent/streams/agent-link.ts";
import type { PodOnNode } from "../../../src/agent/streams/types.ts";
import type { ContainerStatus, Pod } from "../../../src/machinery/types/core/v1.ts";

const ref = { namespace: "default", name: "web", uid: "u1" };
const never = new AbortController().signal;

function podWith(...names: string[]): Pod {
  return {
    metadata: { name: "web", namespace: "default", uid: "u1" },
    spec: {
      containers: names.map((name) => ({ name, image: "x", tty: name === "shell" })),
      initContainers: [{ name: "setup", image: "x" }],
    },
  };
}

type SomeStatus = Partial<ContainerStatus> & { name: string };

function linkOver(view: Partial<PodOnNode> & { containers?: SomeStatus[] }, runtime: Partial<Runtime> = {}) {
  const calls: unknown[][] = [];
  const record =
    (name: string, result: unknown) =>
    async (...args: unknown[]) => {
      calls.push([name, ...args]);
      return result;
    };
  const link = createAgentLink({
    stats: () => Promise.reject(new Error("not asked for")),
    nodeName: "n1",
    runtime: {
      logs: record("logs", Readable.from(["line\n"])),
      exec: record("exec", { exitCode: 3 }),
      attach: record("attach", {}),
      portForward: record("portForward", new PassThrough()),
      ...runtime,
    } as Runtime,
    pods: {
      podOf: ({ uid }) =>
        uid === "u1"
          ? { pod: podWith("app"), status: { containerStatuses: (view.containers ?? []).map(complete) }, ...view }
          : undefined,
    },
  });
  return { link, calls };
}

function complete(status: SomeStatus): ContainerStatus {
  return { ready: false, restartCount: 0, image: "x", imageID: "", ...status };
}

const running: SomeStatus = { name: "app", containerID: "docker://c1", state: { running: {} } };

describe("logs", () => {
  test.each<[string, SomeStatus[], boolean, string]>([
    ["nothing known", [], false, 'container "app" in pod "web" is not available'],
    [
      "waiting",
      [{ name: "app", state: { waiting: { reason: "ContainerCreating" } } }],
      false,
      'container "app" in pod "web" is waiting to start: ContainerCreating',
    ],
    [
      "pull failed",
      [{ name: "app", state: { waiting: { reason: "ErrImagePull" } } }],
      false,
      `container "app" in pod "web" is waiting to start: image can't be pulled`,
    ],
    [
      "pull backs off",
      [{ name: "app", state: { waiting: { reason: "ImagePullBackOff" } } }],
      false,
      'container "app" in pod "web" is waiting to start: trying and failing to pull image',
    ],
    ["no state", [{ name: "app" }], false, 'container "app" in pod "web" is waiting to start - no logs yet'],
    [
      "terminated without ever running",
      [{ name: "app", state: { terminated: { exitCode: 1 } } }],
      false,
      'container "app" in pod "web" is terminated',
    ],
    ["no previous", [running], true, 'previous terminated container "app" in pod "web" not found'],
  ])("%s", async (_, containers, previous, message) => {
    const { link } = linkOver({ containers });
    await expect(link.logs(ref, { previous }, never)).rejects.toMatchObject({ reason: "BadRequest", message });
  });

  test.each<[string, SomeStatus, boolean, string, boolean | undefined]>([
    ["running is followed", running, false, "c1", true],
    [
      "terminated is read to its end",
      { name: "app", state: { terminated: { exitCode: 0, containerID: "docker://c2" } } },
      false,
      "c2",
      false,
    ],
    [
      "crashed and waiting shows the last run",
      {
        name: "app",
        state: { waiting: { reason: "CrashLoopBackOff" } },
        lastState: { terminated: { exitCode: 1, containerID: "docker://c3" } },
      },
      false,
      "c3",
      false,
    ],
    [
      "previous",
      { ...running, lastState: { terminated: { exitCode: 1, containerID: "docker://c0" } } },
      true,
      "c0",
      false,
    ],
  ])("%s", async (_, status, previous, id, follow) => {
    const { link, calls } = linkOver({ containers: [status] });
    await link.logs(ref, { previous, follow: true, tailLines: 5 }, never);
    expect(calls).toEqual([["logs", id, { previous, follow, tailLines: 5 }, never]]);
  });

  test("which container", async () => {
    const { link } = linkOver({ pod: podWith("app", "sidecar") });
    await expect(link.logs(ref, {}, never)).rejects.toThrow(
      "a container name must be specified for pod web, choose one of: [app sidecar]",
    );
    await expect(link.logs(ref, { container: "nope" }, never)).rejects.toThrow(
      "container nope is not valid for pod web",
    );
    await expect(link.logs({ ...ref, uid: "u2" }, {}, never)).rejects.toMatchObject({ reason: "NotFound" });
  });
});

describe("exec, attach and port-forward", () => {
  test("exec needs a running container", async () => {
    const streams = { signal: never };
    const { link, calls } = linkOver({ containers: [running] });
    expect(await link.exec(ref, { command: ["sh"], tty: false }, streams)).toEqual({ exitCode: 3 });
    expect(calls).toEqual([["exec", "c1", { command: ["sh"], tty: false }, streams]]);
    await expect(link.exec(ref, { command: ["sh"], tty: false, container: "setup" }, streams)).rejects.toMatchObject({
      reason: "NotFound",
      message: 'container not found ("setup")',
    });
  });

  test("attach has a tty where the container has one", async () => {
    const status = { ...running, name: "shell" };
    const { link, calls } = linkOver({ pod: podWith("shell"), containers: [status] });
    await link.attach(ref, { tty: false }, { signal: never });
    expect(calls[0]?.[2]).toEqual({ tty: true });
  });

  test("port-forward ends with its signal, and needs a sandbox", async () => {
    const sandbox = { id: "s", podUid: "u1", namespace: "default", name: "web", attempt: 0, createdAt: "" };
    const { link } = linkOver({ sandbox: { ...sandbox, running: true, ips: ["10.0.0.1"] } });
    const abort = new AbortController();
    const connection = await link.portForward(ref, 80, abort.signal);
    abort.abort();
    expect(connection.destroyed).toBe(true);
    await expect(linkOver({}).link.portForward(ref, 80, never)).rejects.toThrow('pod sandbox of "web" is not running');
  });

  test("the runtime's errors keep their meaning", async () => {
    const failing = (error: Error) =>
      linkOver({ containers: [running] }, { exec: () => Promise.reject(error) }).link.exec(
        ref,
        { command: [], tty: false },
        { signal: never },
      );
    await expect(failing(new RuntimeUnavailableError("no Docker"))).rejects.toMatchObject({ reason: "Unavailable" });
    await expect(failing(new RuntimeError("not-found", "no such container"))).rejects.toMatchObject({
      reason: "NotFound",
    });
    await expect(failing(new RuntimeError("other", "boom"))).rejects.toMatchObject({ reason: "Internal" });
    await expect(failing(new TypeError("bug"))).rejects.toThrow(TypeError);
  });
});
