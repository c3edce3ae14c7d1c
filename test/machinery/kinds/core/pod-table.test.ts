import { describe, expect, it } from "vitest";
import { row } from "../support.ts";

const now = Date.parse("2026-01-01T01:00:00Z");
const base = {
  metadata: { name: "web", creationTimestamp: "2026-01-01T00:00:00Z" },
  spec: { containers: [{ name: "a" }] },
};
const running = { name: "a", ready: true, restartCount: 0, state: { running: {} } };
const ended = (exitCode: number, reason?: string) => ({ terminated: { exitCode, ...(reason ? { reason } : {}) } });

describe("kubectl get pods", () => {
  it.each<[string, object, [string, string, string]]>([
    ["pending", { status: { phase: "Pending" } }, ["0/1", "Pending", "0"]],
    ["running", { status: { phase: "Running", containerStatuses: [running] } }, ["1/1", "Running", "0"]],
    [
      "crashing, with the time of its last restart",
      {
        status: {
          phase: "Running",
          containerStatuses: [
            {
              ...running,
              ready: false,
              restartCount: 3,
              state: { waiting: { reason: "CrashLoopBackOff" } },
              lastState: { terminated: { exitCode: 1, finishedAt: "2026-01-01T00:55:00Z" } },
            },
          ],
        },
      },
      ["0/1", "CrashLoopBackOff", "3 (5m ago)"],
    ],
    [
      "whose image is not to be had",
      {
        status: {
          phase: "Pending",
          containerStatuses: [{ ...running, ready: false, state: { waiting: { reason: "ErrImagePull" } } }],
        },
      },
      ["0/1", "ErrImagePull", "0"],
    ],
    [
      "completed",
      {
        status: {
          phase: "Succeeded",
          containerStatuses: [{ ...running, ready: false, state: ended(0, "Completed") }],
        },
      },
      ["0/1", "Completed", "0"],
    ],
    [
      "ended by a signal with no reason",
      {
        status: {
          phase: "Failed",
          containerStatuses: [{ ...running, ready: false, state: { terminated: { exitCode: 137, signal: 9 } } }],
        },
      },
      ["0/1", "Signal:9", "0"],
    ],
    [
      "one of two done while ready",
      {
        spec: { containers: [{ name: "a" }, { name: "b" }] },
        status: {
          phase: "Running",
          conditions: [{ type: "Ready", status: "True" }],
          containerStatuses: [
            { ...running, ready: false, state: ended(0, "Completed") },
            { ...running, name: "b" },
          ],
        },
      },
      ["1/2", "Running", "0"],
    ],
    [
      "initializing",
      {
        spec: { initContainers: [{ name: "i" }, { name: "j" }], containers: [{ name: "a" }] },
        status: {
          phase: "Pending",
          initContainerStatuses: [
            { name: "i", restartCount: 0, state: ended(0, "Completed") },
            { name: "j", restartCount: 0, state: { running: {} } },
          ],
          containerStatuses: [{ ...running, ready: false, state: { waiting: { reason: "PodInitializing" } } }],
        },
      },
      ["0/1", "Init:1/2", "0"],
    ],
    [
      "failing to initialize",
      {
        spec: { initContainers: [{ name: "i" }], containers: [{ name: "a" }] },
        status: {
          phase: "Pending",
          initContainerStatuses: [{ name: "i", restartCount: 2, state: { waiting: { reason: "CrashLoopBackOff" } } }],
        },
      },
      ["0/1", "Init:CrashLoopBackOff", "2"],
    ],
    [
      "an init container that ended badly",
      {
        spec: { initContainers: [{ name: "i" }], containers: [{ name: "a" }] },
        status: { phase: "Pending", initContainerStatuses: [{ name: "i", restartCount: 0, state: ended(3) }] },
      },
      ["0/1", "Init:ExitCode:3", "0"],
    ],
    [
      "with a sidecar, whose restarts count",
      {
        spec: { initContainers: [{ name: "s", restartPolicy: "Always" }], containers: [{ name: "a" }] },
        status: {
          phase: "Running",
          initContainerStatuses: [{ name: "s", ready: true, started: true, restartCount: 1, state: { running: {} } }],
          containerStatuses: [running],
        },
      },
      ["2/2", "Running", "1"],
    ],
    [
      "being deleted",
      {
        metadata: { ...base.metadata, deletionTimestamp: "2026-01-01T00:59:00Z" },
        status: { phase: "Running", containerStatuses: [running] },
      },
      ["1/1", "Terminating", "0"],
    ],
    [
      "being deleted on a node that is lost",
      {
        metadata: { ...base.metadata, deletionTimestamp: "2026-01-01T00:59:00Z" },
        status: { phase: "Running", reason: "NodeLost" },
      },
      ["0/1", "Unknown", "0"],
    ],
    ["evicted", { status: { phase: "Failed", reason: "Evicted" } }, ["0/1", "Evicted", "0"]],
    [
      "gated",
      {
        status: {
          phase: "Pending",
          conditions: [{ type: "PodScheduled", status: "False", reason: "SchedulingGated" }],
        },
      },
      ["0/1", "SchedulingGated", "0"],
    ],
  ])("%s", (_, fields, [ready, status, restarts]) => {
    expect(row("Pod", { ...base, ...fields }, now)).toMatchObject({
      Name: "web",
      Ready: ready,
      Status: status,
      Restarts: restarts,
      Age: "60m",
    });
  });

  it("shows where a pod is with -o wide", () => {
    expect(row("Pod", { ...base, status: {} }, now)).toMatchObject({
      IP: "<none>",
      Node: "<none>",
      "Nominated Node": "<none>",
      "Readiness Gates": "<none>",
    });
    const pod = {
      ...base,
      spec: { nodeName: "n", containers: [], readinessGates: [{ conditionType: "x" }, { conditionType: "y" }] },
      status: { podIP: "10.0.0.1", conditions: [{ type: "x", status: "True" }] },
    };
    expect(row("Pod", pod, now)).toMatchObject({ IP: "10.0.0.1", Node: "n", "Readiness Gates": "1/2" });
  });
});
