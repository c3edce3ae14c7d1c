import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { computePodActions, type PodActions } from "../../../src/agent/pod/actions.ts";
import type { Pod } from "../../../src/machinery/types/core/v1.ts";
import { container, pod, sandbox, sidecar, state, verdicts, view } from "./pod-fixture.ts";

const none = verdicts({});

/** "sandbox 1", "kill app: message", "start app", "end". */
function steps(actions: PodActions): string[] {
  return [
    ...(actions.killPod ? ["end"] : []),
    ...(actions.createSandbox === undefined ? [] : [`sandbox ${actions.createSandbox}`]),
    ...actions.kill.map(({ spec, message }) => `kill ${spec.container.name}: ${message}`),
    ...actions.start.map(({ container }) => `start ${container.name}`),
  ];
}

const act = (of: Pod, ...rest: Parameters<typeof view>) => steps(computePodActions(of, view(...rest), none));

describe("the sandbox", () => {
  test("is made first, then the app's containers start", () => {
    const two = pod({ containers: [container("a"), container("b")] });
    expect(act(two, [], [])).toEqual(["sandbox 0", "start a", "start b"]);
    expect(act(two, [], [sandbox()])).toEqual(["start a", "start b"]);
  });

  test("is made anew when it died, lost its address, or there are two", () => {
    const again = ["end", "sandbox 1", "start app"];
    expect(act(pod(), [state("app", "running")], [sandbox({ running: false })])).toEqual(again);
    expect(act(pod(), [state("app", "running")], [sandbox({ ips: [] })])).toEqual(again);
    const two = [sandbox({ attempt: 1, id: "s1" }), sandbox()];
    expect(act(pod(), [], two)).toEqual(["end", "sandbox 2", "start app"]);
    expect(act(pod({ hostNetwork: true }), [state("app", "running")], [sandbox({ ips: [] })])).toEqual([]);
  });

  test("is not made anew for what has run once, or has succeeded", () => {
    const dead = [sandbox({ running: false })];
    expect(act(pod({ restartPolicy: "Never" }), [state("app", 1)], dead)).toEqual(["end"]);
    expect(act(pod({ restartPolicy: "OnFailure" }), [state("app", 0)], dead)).toEqual(["end"]);
    expect(act(pod({ restartPolicy: "OnFailure" }), [state("app", 1)], dead)).toEqual([
      "end",
      "sandbox 1",
      "start app",
    ]);
    expect(act(pod({ restartPolicy: "Always" }), [state("app", 0)], dead)).toEqual(["end", "sandbox 1", "start app"]);
  });
});

describe("app containers", () => {
  test.each([
    ["Always", 0, true],
    ["Always", 1, true],
    ["OnFailure", 0, false],
    ["OnFailure", 1, true],
    ["Never", 0, false],
    ["Never", 1, false],
  ])("restartPolicy %s, exit code %i: restarted %s", (restartPolicy, code, restarted) => {
    const two = pod({ restartPolicy, containers: [container("app"), container("other")] });
    const steps = act(two, [state("app", code), state("other", "running")]);
    expect(steps).toEqual(restarted ? ["start app"] : []);
  });

  test("their own policy and its rules come before the pod's", () => {
    const rules = [{ action: "Restart", exitCodes: { operator: "In", values: [42] } }];
    const containers = [container("app", { restartPolicy: "Never", restartPolicyRules: rules }), container("other")];
    expect(act(pod({ containers }), [state("app", 42), state("other", "running")])).toEqual(["start app"]);
    expect(act(pod({ containers }), [state("app", 1), state("other", "running")])).toEqual([]);
    const notIn = [{ action: "Restart", exitCodes: { operator: "NotIn", values: [42] } }];
    const inverse = [container("app", { restartPolicy: "Never", restartPolicyRules: notIn }), container("other")];
    expect(act(pod({ containers: inverse }), [state("app", 1), state("other", "running")])).toEqual(["start app"]);
  });

  test("one that was made but never started is started", () => {
    expect(act(pod(), [state("app", "created")])).toEqual(["start app"]);
  });

  test("nothing is left to run: the pod ends", () => {
    expect(act(pod({ restartPolicy: "Never" }), [state("app", 0)])).toEqual(["end"]);
  });

  test("the newest container of a name counts", () => {
    expect(act(pod(), [state("app", 1), state("app", "running", { attempt: 1 })])).toEqual([]);
  });

  test("a changed definition replaces the container under any policy", () => {
    const changed = pod({ restartPolicy: "Never", containers: [container("app", { image: "web:2" })] });
    expect(act(changed, [state("app", "running")])).toEqual([
      "kill app: Container app definition changed, will be restarted",
      "start app",
    ]);
  });

  test.each(["liveness", "startup"] as const)("a failed %s probe restarts, or ends what runs once", (kind) => {
    const probed = container("app", { [`${kind}Probe`]: { exec: { command: ["x"] } } });
    const failed = verdicts({ "app-0": { [kind]: false } });
    const running = view([state("app", "running")]);
    expect(steps(computePodActions(pod({ containers: [probed] }), running, failed))).toEqual([
      `kill app: Container app failed ${kind} probe, will be restarted`,
      "start app",
    ]);
    const once = pod({ containers: [probed], restartPolicy: "Never" });
    expect(steps(computePodActions(once, running, failed))).toEqual([`kill app: Container app failed ${kind} probe`]);
  });

  test("an ephemeral container is started once", () => {
    const debugged = pod({ ephemeralContainers: [{ name: "debug", image }] });
    expect(act(debugged, [state("app", "running")])).toEqual(["start debug"]);
    expect(act(debugged, [state("app", "running"), state("debug", 1, { kind: "ephemeral" })])).toEqual([]);
  });
});

const image = "web:1";

describe("init containers", () => {
  const two = pod({ initContainers: [container("i1"), container("i2")] });

  test("run one after another, then the app", () => {
    expect(act(two, [], [])).toEqual(["sandbox 0", "start i1"]);
    expect(act(two, [])).toEqual(["start i1"]);
    expect(act(two, [state("i1", "running")])).toEqual([]);
    expect(act(two, [state("i1", 0)])).toEqual(["start i2"]);
    expect(act(two, [state("i1", 0), state("i2", "running")])).toEqual([]);
    expect(act(two, [state("i1", 0), state("i2", 0)])).toEqual(["start app"]);
    expect(act(two, [state("i1", 0), state("i2", 0), state("app", "running")])).toEqual([]);
  });

  test("fail: tried again, or the pod has failed", () => {
    expect(act(two, [state("i1", 1)])).toEqual(["start i1"]);
    const never = pod({ restartPolicy: "Never", initContainers: [container("i1"), container("i2")] });
    expect(act(never, [state("i1", 1)])).toEqual(["end"]);
    const onFailure = pod({ restartPolicy: "OnFailure", initContainers: [container("i1")] });
    expect(act(onFailure, [state("i1", 1)])).toEqual(["start i1"]);
  });

  test("are not run again when they were removed after the app has started", () => {
    expect(act(two, [state("app", "running")])).toEqual([]);
    expect(act(two, [state("app", 1)])).toEqual(["start app"]);
  });

  test("run again in a new sandbox", () => {
    const fresh = [sandbox({ attempt: 1, id: "s1" }), sandbox({ running: false })];
    expect(act(two, [state("i1", 0), state("i2", 0), state("app", 1)], fresh)).toEqual(["start i1"]);
  });
});

describe("sidecars", () => {
  const probe = { exec: { command: ["true"] } };
  const spec = { initContainers: [container("i1"), sidecar("side", { startupProbe: probe }), container("i2")] };

  test("let the next one start when they have started", () => {
    const so = [state("i1", 0), state("side", "running")];
    expect(act(pod(spec), so)).toEqual([]);
    const started = verdicts({ "side-0": { startup: true } });
    expect(steps(computePodActions(pod(spec), view(so), started))).toEqual(["start i2"]);
  });

  test("are started again whatever their exit code and the pod's policy, while init goes on and after", () => {
    const never = pod({ ...spec, restartPolicy: "Never" });
    expect(act(never, [state("i1", 0), state("side", 0), state("i2", "running")])).toEqual(["start side"]);
    expect(act(never, [state("i1", 0), state("side", 1), state("i2", 0), state("app", "running")])).toEqual([
      "start side",
    ]);
  });

  test("do not keep the pod alive", () => {
    const never = pod({ ...spec, restartPolicy: "Never" });
    expect(act(never, [state("i1", 0), state("side", "running"), state("i2", 0), state("app", 0)])).toEqual(["end"]);
  });

  test("are killed and started again when their probes fail", () => {
    const live = pod({ initContainers: [sidecar("side", { livenessProbe: probe })] });
    const failed = verdicts({ "side-0": { liveness: false } });
    const running = view([state("side", "running"), state("app", "running")]);
    expect(steps(computePodActions(live, running, failed))).toEqual([
      "kill side: Init container side failed liveness probe, will be restarted",
      "start side",
    ]);
  });
});

test("a pod that is being deleted starts nothing", () => {
  const deleted = pod();
  deleted.metadata.deletionTimestamp = "2026-01-01T00:00:00Z";
  expect(act(deleted, [state("app", 1)])).toEqual(["end"]);
});

test("whatever has happened, doing what is said leads to a pod that runs or has ended", () => {
  const anyState = fc.constantFrom("running" as const, "created" as const, 0, 1);
  fc.assert(
    fc.property(
      fc.constantFrom("Always", "OnFailure", "Never"),
      fc.array(fc.boolean(), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom("i0", "i1", "i2", "app", "other"), anyState),
      fc.boolean(),
      (restartPolicy, inits, states, alive) => {
        const initContainers = inits.map((side, index) => (side ? sidecar(`i${index}`) : container(`i${index}`)));
        const subject = pod({ restartPolicy, initContainers, containers: [container("app"), container("other")] });
        let sandboxes = [sandbox({ running: alive })];
        let containers = Object.entries(states).map(([name, now]) => state(name, now));
        const inits_ = new Set(initContainers.map(({ name }) => name));
        // A runtime where all that starts runs, and init containers succeed at once.
        for (let round = 0; round < 20; round++) {
          const actions = computePodActions(subject, view(containers, sandboxes), none);
          if (steps(actions).length === 0) {
            const waits = containers.some(({ name, state }) => inits_.has(name) && state === "running");
            expect(waits || containers.some(({ name, state }) => !inits_.has(name) && state === "running")).toBe(true);
            return;
          }
          if (actions.killPod) {
            containers = containers.map((one) =>
              one.state === "exited" ? one : { ...one, state: "exited", exitCode: 137 },
            );
            sandboxes = sandboxes.map((one) => ({ ...one, running: false }));
            if (actions.createSandbox === undefined) return;
          }
          if (actions.createSandbox !== undefined) {
            sandboxes = [sandbox({ attempt: actions.createSandbox }), ...sandboxes];
            containers = containers.filter(({ name }) => !inits_.has(name));
          }
          for (const { container, kind } of actions.start) {
            const attempt =
              1 + Math.max(-1, ...containers.filter(({ name }) => name === container.name).map((c) => c.attempt));
            const now = kind === "init" && container.restartPolicy !== "Always" ? 0 : "running";
            containers.push(state(container.name, now, { attempt, sandboxId: sandboxes[0]?.id ?? "" }));
          }
        }
        expect.unreachable("it never comes to rest");
      },
    ),
    { numRuns: 500 },
  );
});
