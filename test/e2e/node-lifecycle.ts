/** Order of containers, restart policies, exit codes and ends, as a user of kubectl sees them. */
import { expect, it } from "vitest";
import type { Pod } from "../../src/machinery/types/core/v1.ts";
import { type NodeCluster, podOf, shell } from "./node-cluster.ts";
import { conditionOf, containerOf, waitingFor } from "./pod-watch.ts";
import { until } from "./until.ts";

/** Docker itself loses about one in twenty of the kernel's notices of OOM kills. */
const hungry = ["hungry-1", "hungry-2", "hungry-3"];

export function lifecyclePods(cluster: NodeCluster): Pod[] {
  const volumes = [{ name: "host", hostPath: { path: cluster.folder } }];
  const volumeMounts = [{ name: "host", mountPath: "/host" }];
  const mark = (text: string) => `echo ${text} >> /host/order`;
  const once = { restartPolicy: "Never" };
  return [
    podOf(
      "ordered",
      [{ volumeMounts, command: shell(`trap 'sleep 0.3; ${mark("app-end")}; exit 0' TERM; ${mark("app")}`) }],
      {
        volumes,
        terminationGracePeriodSeconds: 20,
        initContainers: [
          { name: "first", volumeMounts, command: ["sh", "-c", `sleep 0.2; ${mark("first")}`] },
          {
            name: "sidecar-1",
            restartPolicy: "Always",
            volumeMounts,
            command: shell(`trap '${mark("sidecar-1-end")}; exit 0' TERM; ${mark("sidecar-1")}`),
            startupProbe: { exec: { command: ["grep", "-q", "sidecar-1", "/host/order"] }, periodSeconds: 1 },
          },
          {
            name: "sidecar-2",
            restartPolicy: "Always",
            volumeMounts,
            command: shell(`trap 'sleep 0.3; ${mark("sidecar-2-end")}; exit 0' TERM; ${mark("sidecar-2")}`),
          },
          { name: "last", volumeMounts, command: ["sh", "-c", `sleep 0.2; ${mark("last")}`] },
        ],
      },
    ),
    podOf("job-with-sidecar", [{ command: ["sh", "-c", "sleep 0.5"] }], {
      ...once,
      initContainers: [{ name: "helper", restartPolicy: "Always", command: shell("true") }],
    }),
    podOf("init-waits", [{}], { initContainers: [{ name: "slow", command: shell("true") }, { name: "next" }] }),
    podOf("init-fails", [{}], { initContainers: [{ name: "bad", command: ["false"] }] }),
    podOf("init-fails-for-good", [{}], { ...once, initContainers: [{ name: "bad", command: ["sh", "-c", "exit 4"] }] }),
    podOf("crashing", [{ command: ["sh", "-c", "echo run; echo why > /dev/termination-log; exit 3"] }]),
    podOf(
      "on-failure",
      [
        {
          volumeMounts: [{ name: "state", mountPath: "/state" }],
          command: ["sh", "-c", "test -e /state/tried && exit 0; touch /state/tried; exit 5"],
        },
      ],
      {
        restartPolicy: "OnFailure",
        volumes: [{ name: "state", emptyDir: {} }],
      },
    ),
    podOf("never-fails", [{ command: ["sh", "-c", "exit 6"] }], once),
    podOf("never-succeeds", [{ command: ["true"] }, { command: ["sh", "-c", "sleep 0.3"] }], once),
    podOf("not-runnable", [{ command: ["/no/such/program"] }], once),
    ...hungry.map((name) =>
      podOf(
        name,
        [{ command: ["sh", "-c", "x=a; while true; do x=$x$x; done"], resources: { limits: { memory: "8Mi" } } }],
        once,
      ),
    ),
    podOf("late", [{ command: shell("true") }], { activeDeadlineSeconds: 2 }),
    podOf(
      "hooked",
      [
        {
          volumeMounts,
          command: ["sh", "-c", "trap 'echo term >> /host/hooks; exit 0' TERM; while true; do sleep 0.1; done"],
          lifecycle: {
            postStart: { exec: { command: ["sh", "-c", "echo started >> /host/hooks"] } },
            preStop: {
              exec: { command: ["sh", "-c", "echo stopping >> /host/hooks; sleep 0.3; echo stopped >> /host/hooks"] },
            },
          },
        },
      ],
      { volumes, terminationGracePeriodSeconds: 10 },
    ),
    podOf("bad-hook", [
      { command: shell("true"), lifecycle: { postStart: { exec: { command: ["sh", "-c", "exit 9"] } } } },
    ]),
    podOf("stubborn", [{ command: ["sh", "-c", "trap '' TERM; while true; do sleep 0.1; done"] }], {
      terminationGracePeriodSeconds: 3,
    }),
    podOf("forced", [{ command: ["sh", "-c", "trap '' TERM; while true; do sleep 0.1; done"] }], {
      terminationGracePeriodSeconds: 600,
    }),
  ];
}

export function lifecycleTests(cluster: NodeCluster): void {
  const { pods } = cluster;

  it.concurrent("init containers one after another, sidecars among them, and the reverse at the end", async () => {
    await pods.ready("ordered");
    expect((await cluster.row("ordered")).slice(1, 4)).toEqual(["3/3", "Running", "0"]);
    const order = ["first", "sidecar-1", "sidecar-2", "last", "app"];
    expect(cluster.lines("order")).toEqual(order);
    await cluster.run("delete", "pod", "ordered");
    expect(cluster.lines("order").slice(5)).toEqual(["app-end", "sidecar-2-end", "sidecar-1-end"]);
  });

  it.concurrent("a pod that runs once ends with its containers, its sidecar after them", async () => {
    await pods.now("job-with-sidecar", ({ status }) => status?.phase === "Succeeded");
    expect((await cluster.row("job-with-sidecar")).slice(1, 3)).toEqual(["0/2", "Completed"]);
  });

  it.concurrent("shows how far the init containers are", async () => {
    await pods.ever("init-waits", (pod) => containerOf(pod, "slow")?.state?.running !== undefined);
    expect((await cluster.row("init-waits")).slice(1, 3)).toEqual(["0/1", "Init:0/2"]);
    await pods.now("init-fails", (pod) => waitingFor(pod, "bad") === "CrashLoopBackOff");
    expect((await cluster.row("init-fails"))[2]).toBe("Init:CrashLoopBackOff");
    await pods.now("init-fails-for-good", ({ status }) => status?.phase === "Failed");
    expect((await cluster.row("init-fails-for-good"))[2]).toBe("Init:Error");
  });

  it.concurrent("Always: CrashLoopBackOff, its restarts with their age, and the log before", async () => {
    const waiting = await pods.ever("crashing", (pod) => waitingFor(pod) === "CrashLoopBackOff");
    expect(containerOf(waiting)?.state?.waiting?.message).toMatch(
      /^back-off 10s restarting failed container=c0 pod=crashing_default\([0-9a-f-]{36}\)$/,
    );
    expect(containerOf(waiting)?.lastState?.terminated).toMatchObject({
      exitCode: 3,
      reason: "Error",
      message: "why\n",
    });
    expect(containerOf(waiting)?.restartCount).toBe(1);
    const [, ready, status, restarts, age] = await cluster.row("crashing");
    expect([ready, status]).toEqual(["0/1", "CrashLoopBackOff"]);
    expect(restarts).toMatch(/^1 \(\d+s ago\)$/);
    expect(age).toMatch(/^\d+s$/);
    expect(await cluster.run("logs", "crashing")).toBe("run\n");
    expect(await cluster.run("logs", "-p", "crashing")).toBe("run\n");
    const described = await cluster.described("crashing", / BackOff /);
    expect(described).toMatch(/Last State: +Terminated\n +Reason: +Error\n +Message: +why\n\n +Exit Code: +3/);
    expect(described).toMatch(
      /Warning +BackOff .* kubelet +\S+ Back-off restarting failed container c0 in pod crashing_default\(/,
    );
    await pods.now("crashing", (pod) => (containerOf(pod)?.restartCount ?? 0) >= 2);
    await pods.now("crashing", (pod) => containerOf(pod)?.state?.waiting?.message?.startsWith("back-off 20s") ?? false);
  });

  it.concurrent("OnFailure: again until it succeeds", async () => {
    const done = await pods.now("on-failure", ({ status }) => status?.phase === "Succeeded");
    expect(containerOf(done)).toMatchObject({
      restartCount: 1,
      state: { terminated: { exitCode: 0, reason: "Completed" } },
      lastState: { terminated: { exitCode: 5 } },
    });
    const [, ready, status, restarts] = await cluster.row("on-failure");
    expect([ready, status]).toEqual(["0/1", "Completed"]);
    expect(restarts).toMatch(/^1 \(/);
    expect(conditionOf(done, "Ready")).toBe("False");
    expect(done.status?.conditions?.find(({ type }) => type === "Ready")?.reason).toBe("PodCompleted");
  });

  it.concurrent("Never: Error, Completed, and what could not run at all", async () => {
    await pods.now("never-fails", ({ status }) => status?.phase === "Failed");
    expect((await cluster.row("never-fails")).slice(1, 4)).toEqual(["0/1", "Error", "0"]);
    await pods.now("never-succeeds", ({ status }) => status?.phase === "Succeeded");
    expect((await cluster.row("never-succeeds")).slice(1, 4)).toEqual(["0/2", "Completed", "0"]);
    const failed = await pods.now("not-runnable", ({ status }) => status?.phase === "Failed");
    expect(containerOf(failed)?.state?.terminated?.exitCode).toBe(127);
    expect((await cluster.row("not-runnable"))[2]).toMatch(/^(ContainerCannotRun|StartError)$/);
  });

  it.concurrent("OOMKilled with exit code 137", async () => {
    const ends = await Promise.all(
      hungry.map(async (name) => {
        const pod = await pods.now(name, ({ status }) => status?.phase === "Failed");
        const { exitCode, reason } = containerOf(pod)?.state?.terminated ?? {};
        return { exitCode, reason, shown: (await cluster.row(name))[2] };
      }),
    );
    expect(ends.map(({ exitCode }) => exitCode)).toEqual([137, 137, 137]);
    expect(ends).toContainEqual({ exitCode: 137, reason: "OOMKilled", shown: "OOMKilled" });
  });

  it.concurrent("activeDeadlineSeconds ends a pod", async () => {
    const pod = await pods.now("late", ({ status }) => status?.phase === "Failed");
    expect(pod.status).toMatchObject({
      reason: "DeadlineExceeded",
      message: "Pod was active on the node longer than the specified deadline",
    });
  });

  it.concurrent("postStart, then preStop before SIGTERM", async () => {
    await pods.ready("hooked");
    expect(cluster.lines("hooks")).toEqual(["started"]);
    await cluster.run("delete", "pod", "hooked");
    expect(cluster.lines("hooks")).toEqual(["started", "stopping", "stopped", "term"]);
    const failed = await pods.ever(
      "bad-hook",
      (pod) => waitingFor(pod) !== undefined && waitingFor(pod) !== "ContainerCreating",
    );
    expect(["PostStartHookError", "CrashLoopBackOff"]).toContain(waitingFor(failed));
    await cluster.described("bad-hook", /Warning +FailedPostStartHook /);
  });

  it.concurrent("SIGKILL when terminationGracePeriodSeconds are over, not before", async () => {
    await pods.ready("stubborn");
    const began = Date.now();
    await cluster.run("delete", "pod", "stubborn");
    expect(Date.now() - began).toBeGreaterThan(2800);
    expect(Date.now() - began).toBeLessThan(8000);
    const last = pods.history("stubborn").findLast((pod) => containerOf(pod)?.state?.terminated);
    expect(last && containerOf(last)?.state?.terminated).toMatchObject({ exitCode: 137 });
  });

  it.concurrent("--force deletes the object at once, and the container soon after", async () => {
    const pod = await pods.ready("forced");
    await cluster.run("delete", "pod", "forced", "--force", "--grace-period=0");
    await pods.gone("forced", 5000);
    const there = () =>
      cluster.inspect(pod).then(
        () => true,
        () => false,
      );
    await until(there, (is) => !is, { timeout: 15_000 });
  });
}
