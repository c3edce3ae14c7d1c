import { describe, expect, test } from "vitest";
import type { StatusInput } from "../../../src/agent/status/input.ts";
import { computePodStatus } from "../../../src/agent/status/pod-status.ts";
import type { Pod, PodStatus } from "../../../src/machinery/types/core/v1.ts";
import { container, pod, sandbox, sidecar, state, verdicts, view } from "../pod/pod-fixture.ts";

const NOW = "2026-01-01T01:00:00Z";

function status(of: Pod, changes: Partial<StatusInput> = {}): PodStatus {
  return computePodStatus({
    pod: of,
    previous: of.status ?? {},
    view: view([]),
    probes: verdicts({}),
    reasons: new Map(),
    messages: new Map(),
    now: NOW,
    nodeIps: ["192.0.2.1"],
    terminated: false,
    ...changes,
  });
}

const condition = (of: PodStatus, type: string) => {
  const found = of.conditions?.find((condition) => condition.type === type);
  return (
    found && `${found.status}${found.reason ? ` ${found.reason}` : ""}${found.message ? `: ${found.message}` : ""}`
  );
};

describe("phase", () => {
  const app = (...now: ("running" | "created" | number)[]) => view(now.map((one, index) => state(`c${index}`, one)));
  const three = (restartPolicy: string) =>
    pod({ restartPolicy, containers: [container("c0"), container("c1"), container("c2")] });
  test.each([
    ["Always", ["running", "running", "running"], "Running"],
    ["Always", ["running", "running"], "Pending"],
    ["Always", ["running", 1, 0], "Running"],
    ["Always", [0, 0, 0], "Running"],
    ["OnFailure", [0, 0, 0], "Succeeded"],
    ["OnFailure", [0, 1, 0], "Running"],
    ["Never", [0, 0, 0], "Succeeded"],
    ["Never", [0, 1, 0], "Failed"],
    ["Never", [0, 1, "running"], "Running"],
    ["Never", [], "Pending"],
  ] as const)("%s %j is %s", (policy, now, phase) => {
    expect(status(three(policy), { view: app(...now) }).phase).toBe(phase);
  });

  const withInit = (restartPolicy: string) => pod({ restartPolicy, initContainers: [container("i")] });
  test.each([
    ["Always", [state("i", "running")], "Pending"],
    ["Always", [state("i", 0)], "Pending"],
    ["Always", [state("i", 1)], "Pending"],
    ["Never", [state("i", 1)], "Failed"],
    ["Always", [state("i", 0), state("app", "running")], "Running"],
    ["Always", [state("app", "running")], "Running"],
  ])("init containers, %s", (policy, containers, phase) => {
    expect(status(withInit(policy), { view: view(containers) }).phase).toBe(phase);
  });

  test("a sidecar that has not started holds the pod Pending, one that ended later does not", () => {
    const subject = pod({ initContainers: [sidecar("s", { startupProbe: { exec: { command: ["x"] } } })] });
    expect(status(subject, { view: view([state("s", "running")]) }).phase).toBe("Pending");
    expect(status(subject, { view: view([state("s", 1), state("app", "running")]) }).phase).toBe("Running");
  });

  test("is never taken back once it is terminal", () => {
    const over = { ...pod(), status: { phase: "Failed", reason: "Evicted", message: "why" } };
    const found = status(over, { view: view([state("app", 0)]) });
    expect(found).toMatchObject({ phase: "Failed", reason: "Evicted", message: "why" });
  });

  test("of a pod that was ended is Failed, unless all succeeded", () => {
    expect(status(pod(), { view: view([state("app", 0)]), terminated: true }).phase).toBe("Succeeded");
    expect(status(pod(), { view: view([state("app", 137)]), terminated: true }).phase).toBe("Failed");
    const never = status(pod(), { terminated: true });
    expect(never.phase).toBe("Failed");
    expect(never.containerStatuses?.[0]?.state?.terminated).toEqual({
      exitCode: 137,
      reason: "ContainerStatusUnknown",
      message: "The container could not be located when the pod was terminated",
    });
  });
});

describe("container statuses", () => {
  const [of] = [pod()];
  const app = (changes: Partial<StatusInput>) => status(of, changes).containerStatuses?.[0];

  test("waiting, before anything is known", () => {
    expect(app({})).toEqual({
      name: "app",
      state: { waiting: { reason: "ContainerCreating" } },
      ready: false,
      started: false,
      restartCount: 0,
      image: "web:1",
      imageID: "",
    });
    const init = pod({ initContainers: [container("i")] });
    expect(status(init).containerStatuses?.[0]?.state).toEqual({ waiting: { reason: "PodInitializing" } });
  });

  test("running again after a failure, with what came before", () => {
    const found = app({ view: view([state("app", 3), state("app", "running", { attempt: 1 })]) });
    expect(found).toMatchObject({
      restartCount: 1,
      containerID: "docker://app-1",
      ready: true,
      started: true,
      state: { running: { startedAt: "2026-01-01T00:01:42Z" } },
      lastState: { terminated: { exitCode: 3, reason: "Error", containerID: "docker://app-0" } },
    });
  });

  test("kept from starting again", () => {
    const reasons = new Map([["app", { reason: "CrashLoopBackOff", message: "back-off 10s" }]]);
    expect(app({ view: view([state("app", 1)]), reasons })).toMatchObject({
      state: { waiting: { reason: "CrashLoopBackOff", message: "back-off 10s" } },
      lastState: { terminated: { exitCode: 1 } },
    });
    // What will not be started again has simply ended.
    const once = status(pod({ restartPolicy: "Never" }), { view: view([state("app", 1)]), reasons });
    expect(once.containerStatuses?.[0]).toMatchObject({ state: { terminated: { exitCode: 1 } } });
  });

  test.each([
    [state("app", 0), { reason: "Completed", exitCode: 0 }],
    [state("app", 2), { reason: "Error", exitCode: 2 }],
    [state("app", 137, { oomKilled: true }), { reason: "OOMKilled", exitCode: 137 }],
    [
      state("app", 127, { startedAt: undefined, error: "no such file" } as never),
      { reason: "ContainerCannotRun", message: "no such file" },
    ],
  ])("terminated %#", (now, expected) => {
    const found = status(pod({ restartPolicy: "Never" }), { view: view([now]), messages: new Map() });
    expect(found.containerStatuses?.[0]?.state?.terminated).toMatchObject(expected);
  });

  test("a termination message is shown", () => {
    expect(
      app({ view: view([state("app", 1)]), messages: new Map([["app-0", "said"]]) })?.state?.terminated?.message,
    ).toBe("said");
  });

  test("a container that somebody removed is told as lost, and counted", () => {
    const running = { state: { running: { startedAt: NOW } }, containerID: "docker://x", restartCount: 4 };
    const previous = { containerStatuses: [{ name: "app", ready: true, image: "web:1", imageID: "i", ...running }] };
    expect(app({ previous })).toMatchObject({
      restartCount: 5,
      state: { waiting: { reason: "ContainerCreating" } },
      lastState: { terminated: { exitCode: 137, reason: "ContainerStatusUnknown" } },
    });
  });

  test("startup and readiness probes decide", () => {
    const probe = { exec: { command: ["x"] } };
    const probed = pod({ containers: [container("app", { startupProbe: probe, readinessProbe: probe })] });
    const running = view([state("app", "running")]);
    const seen = (known: Parameters<typeof verdicts>[0], previous = {}) => {
      const found = status(probed, { view: running, probes: verdicts(known), previous }).containerStatuses?.[0];
      return [found?.started, found?.ready];
    };
    expect(seen({})).toEqual([false, false]);
    expect(seen({ "app-0": { startup: true } })).toEqual([true, false]);
    expect(seen({ "app-0": { startup: true, readiness: true } })).toEqual([true, true]);
    // Adopted by a new agent: what was known holds until the probes say otherwise.
    const before = { name: "app", ready: true, started: true, restartCount: 0, image: "", imageID: "" };
    const previous = { containerStatuses: [{ ...before, containerID: "docker://app-0" }] };
    expect(seen({}, previous)).toEqual([true, true]);
    expect(seen({ "app-0": { readiness: false } }, previous)).toEqual([true, false]);
  });
});

describe("conditions", () => {
  test("a running pod", () => {
    const found = status(pod(), { view: view([state("app", "running")]) });
    expect(found.conditions).toEqual(
      ["PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady"]
        .map((type) => ({ type, status: "True", observedGeneration: 3, lastTransitionTime: NOW }) as object)
        .concat({ type: "PodScheduled", status: "True", lastTransitionTime: NOW }),
    );
    expect(found).toMatchObject({ podIP: "10.0.0.2", podIPs: [{ ip: "10.0.0.2" }], hostIPs: [{ ip: "192.0.2.1" }] });
  });

  test("unready containers are named", () => {
    const found = status(pod({ containers: [container("a"), container("b")] }), {
      view: view([state("a", "running")]),
    });
    expect(condition(found, "Ready")).toBe("False ContainersNotReady: containers with unready status: [b]");
    expect(condition(found, "ContainersReady")).toBe("False ContainersNotReady: containers with unready status: [b]");
    const dead = status(pod(), { view: view([], [sandbox({ running: false })]) });
    expect(condition(dead, "PodReadyToStartContainers")).toBe("False");
  });

  test("readiness gates", () => {
    const gated = pod({ readinessGates: [{ conditionType: "example.org/a" }, { conditionType: "example.org/b" }] });
    gated.status = { conditions: [{ type: "example.org/b", status: "False" }] };
    const found = status(gated, { view: view([state("app", "running")]) });
    expect(condition(found, "Ready")).toBe(
      'False ReadinessGatesNotReady: corresponding condition of pod readiness gate "example.org/a" does not exist., the status of pod readiness gate "example.org/b" is not "True", but False',
    );
    expect(condition(found, "ContainersReady")).toBe("True");
    expect(condition(found, "example.org/b")).toBe("False");
  });

  test("a completed pod", () => {
    const found = status(pod({ restartPolicy: "Never", initContainers: [container("i")] }), {
      view: view([state("i", 0), state("app", 0)]),
    });
    expect(condition(found, "Ready")).toBe("False PodCompleted");
    expect(condition(found, "Initialized")).toBe("True PodCompleted");
  });

  test("times change with the status only", () => {
    const before = status(pod(), { view: view([state("app", "running")]) });
    const later = status(pod(), {
      view: view([state("app", "running")]),
      previous: before,
      now: "2026-01-01T02:00:00Z",
    });
    expect(later).toEqual(before);
    const failed = status(pod(), { view: view([state("app", 1)]), previous: before, now: "2026-01-01T02:00:00Z" });
    expect(failed.conditions?.find(({ type }) => type === "Ready")?.lastTransitionTime).toBe("2026-01-01T02:00:00Z");
    expect(failed.startTime).toBe(NOW);
  });

  test("a pod past its deadline", () => {
    const ended = { reason: "DeadlineExceeded", message: "too long" };
    expect(status(pod(), { view: view([state("app", "running")]), ended })).toMatchObject({
      phase: "Failed",
      ...ended,
    });
  });
});
