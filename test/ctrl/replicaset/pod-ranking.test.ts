import fc from "fast-check";
import { expect, test } from "vitest";
import { podsToDelete } from "../../../src/ctrl/replicaset/pod-ranking.ts";
import type { Pod } from "../../../src/machinery/types/core/v1.ts";

const now = Date.parse("2026-01-01T12:00:00Z");
const ago = (seconds: number) => new Date(now - seconds * 1000).toISOString();

interface Traits {
  uid?: string;
  node?: string;
  phase?: string;
  ready?: boolean;
  readyFor?: number;
  cost?: string;
  restarts?: number;
  age?: number;
  gone?: boolean;
}

let serial = 0;
function pod({
  uid,
  node = "n",
  phase = "Running",
  ready = true,
  readyFor = 100,
  cost,
  restarts,
  age,
  gone,
}: Traits): Pod {
  const id = uid ?? `u${String(++serial).padStart(6, "0")}`;
  return {
    metadata: {
      name: id,
      uid: id,
      creationTimestamp: ago(age ?? 100),
      ...(cost === undefined ? {} : { annotations: { "controller.kubernetes.io/pod-deletion-cost": cost } }),
      ...(gone ? { deletionTimestamp: ago(1) } : {}),
    },
    spec: { containers: [], ...(node === "" ? {} : { nodeName: node }) },
    status: {
      phase,
      conditions: [{ type: "Ready", status: ready ? "True" : "False", lastTransitionTime: ago(readyFor) }],
      containerStatuses: [{ name: "c", image: "", imageID: "", ready, restartCount: restarts ?? 0 }],
    },
  };
}

/** Each rule decides although all later ones speak for the other pod. */
test.each<[rule: string, first: Traits, second: Traits]>([
  ["unassigned before assigned", { node: "", cost: "9" }, { cost: "1", ready: false }],
  ["pending before unknown", { phase: "Pending", cost: "9" }, { phase: "Unknown", ready: false }],
  ["unknown before running", { phase: "Unknown", cost: "9" }, { phase: "Running", ready: false }],
  ["not ready before ready", { ready: false, cost: "9" }, { cost: "-5" }],
  ["the cheaper first", { cost: "-1", readyFor: 9000 }, { cost: "0", readyFor: 1, restarts: 9 }],
  ["no annotation costs 0", { readyFor: 9000 }, { cost: "1", readyFor: 1 }],
  ["ready for less time", { readyFor: 1, restarts: 0 }, { readyFor: 1000, restarts: 5 }],
  ["more restarts first", { restarts: 5, age: 9000 }, { restarts: 4, age: 1 }],
  ["the younger first", { age: 1 }, { age: 9000 }],
  ["ages of one magnitude are equal: the uid decides", { uid: "a", age: 110 }, { uid: "b", age: 100 }],
])("%s", (_rule, first, second) => {
  const [going, staying] = [pod(first), pod(second)];
  expect(podsToDelete([staying, going], [staying, going], 1, now)).toEqual([going]);
  expect(podsToDelete([going, staying], [staying, going], 1, now)).toEqual([going]);
});

test("pods go from the node that holds the most of the application, other ReplicaSets' pods included", () => {
  const [crowded, alone] = [pod({ node: "a", readyFor: 9000 }), pod({ node: "b", readyFor: 1 })];
  const related = [
    crowded,
    alone,
    pod({ node: "a" }),
    pod({ node: "b", gone: true }),
    pod({ node: "b", phase: "Failed" }),
  ];
  expect(podsToDelete([alone, crowded], related, 1, now)).toEqual([crowded]);
});

test("all of them go where as many are asked for", () => {
  const pods = [pod({}), pod({})];
  expect(podsToDelete(pods, pods, 2, now)).toEqual(pods);
});

test("the choice does not depend on the order in which the pods come", () => {
  const traits = fc.record({
    node: fc.constantFrom("", "a", "b"),
    phase: fc.constantFrom("Pending", "Running"),
    ready: fc.boolean(),
    readyFor: fc.integer({ min: 0, max: 100_000 }),
    cost: fc.constantFrom("0", "1", "-1"),
    restarts: fc.integer({ min: 0, max: 3 }),
    age: fc.integer({ min: 0, max: 100_000 }),
  });
  fc.assert(
    fc.property(fc.array(traits, { minLength: 1, maxLength: 12 }), fc.nat(), (all, count) => {
      const pods = all.map(pod);
      const names = (list: readonly Pod[]) => new Set(list.map(({ metadata }) => metadata.name));
      const some = count % pods.length;
      expect(names(podsToDelete([...pods].reverse(), pods, some, now))).toEqual(
        names(podsToDelete(pods, pods, some, now)),
      );
    }),
  );
});
