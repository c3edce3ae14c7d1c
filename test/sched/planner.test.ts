import fc from "fast-check";
import { expect, test } from "vitest";
import type { Node, Pod, Taint, Toleration } from "../../src/machinery/types/core/v1.ts";
import { histogram } from "../../src/sched/framework/diagnosis.ts";
import { Planner } from "../../src/sched/planner.ts";
import { defaultProfile } from "../../src/sched/plugins/default-profile.ts";
import { createPodInfo } from "../../src/sched/snapshot/pod-info.ts";
import { Snapshot } from "../../src/sched/snapshot/snapshot.ts";
import { makeNode, makePod } from "./objects.ts";
import { judge, type World } from "./reference-planner.ts";

const taints = fc.subarray<Taint>([
  { key: "dedicated", value: "db", effect: "NoSchedule" },
  { key: "gone", effect: "NoExecute" },
  { key: "soft", effect: "PreferNoSchedule" },
  { key: "softer", value: "x", effect: "PreferNoSchedule" },
]);
const oneIn = (n: number) => fc.nat(n - 1).map((value) => value === 0);
/** By node: images change seldom, and everything is reckoned anew when they do. */
const images: Record<string, { names: string[]; sizeBytes: number }[]> = {
  n0: [{ names: ["big:1"], sizeBytes: 900 * 2 ** 20 }],
  n1: [
    { names: ["big:1"], sizeBytes: 900 * 2 ** 20 },
    { names: ["app:1"], sizeBytes: 100 * 2 ** 20 },
  ],
};

const node = (name: string): fc.Arbitrary<Node> =>
  fc
    .record({
      cpu: fc.constantFrom("1", "2", "4"),
      memory: fc.constantFrom("1Gi", "4Gi"),
      pods: fc.constantFrom("2", "5", "110"),
      zone: fc.constantFrom("a", "b", undefined),
      taints: fc.option(taints, { nil: [] }),
      unschedulable: oneIn(6),
      pulled: oneIn(12),
      gpus: fc.constantFrom(undefined, "1"),
    })
    .map(({ zone, gpus, pulled, ...rest }) =>
      makeNode(name, {
        ...rest,
        images: (images[name] ?? []).slice(pulled ? 1 : 0),
        labels: zone ? { zone } : {},
        extended: gpus ? { "example.com/gpu": gpus } : {},
      }),
    );

const pod: fc.Arbitrary<Pod> = fc
  .record({
    cpu: fc.constantFrom(undefined, "100m", "500m", "1500m"),
    memory: fc.constantFrom(undefined, "64Mi", "1Gi"),
    gpu: oneIn(8),
    hostPort: fc.constantFrom(undefined, undefined, undefined, 8080, 9090),
    image: fc.constantFrom("app:1", "big:1", "other:1"),
    selector: fc.constantFrom(undefined, undefined, "a", "b"),
    required: fc.constantFrom(undefined, undefined, "In", "NotIn", "Exists", "DoesNotExist"),
    preferred: fc.constantFrom(undefined, "a", "b"),
    tolerations: fc.constantFrom<Toleration[]>(
      [],
      [{ operator: "Exists" }],
      [{ key: "dedicated", value: "db", effect: "NoSchedule" }],
      [{ key: "soft", operator: "Exists" }],
    ),
  })
  .map(({ gpu, selector, required, preferred, tolerations, cpu, memory, hostPort, image }) =>
    makePod("p", {
      ...(cpu ? { cpu } : {}),
      ...(memory ? { memory } : {}),
      ...(hostPort ? { hostPort } : {}),
      image,
      requests: gpu ? { "example.com/gpu": "1" } : {},
      spec: {
        tolerations,
        ...(selector ? { nodeSelector: { zone: selector } } : {}),
        affinity: {
          nodeAffinity: {
            ...(required
              ? {
                  requiredDuringSchedulingIgnoredDuringExecution: {
                    nodeSelectorTerms: [
                      {
                        matchExpressions: [
                          { key: "zone", operator: required, ...(required.includes("In") ? { values: ["a"] } : {}) },
                        ],
                      },
                    ],
                  },
                }
              : {}),
            ...(preferred
              ? {
                  preferredDuringSchedulingIgnoredDuringExecution: [
                    {
                      weight: 5,
                      preference: { matchExpressions: [{ key: "zone", operator: "In", values: [preferred] }] },
                    },
                    { weight: 3, preference: { matchExpressions: [{ key: "zone", operator: "Exists" }] } },
                  ],
                }
              : {}),
          },
        },
      },
    }),
  );

type Step =
  | { readonly do: "place"; readonly pod: number; readonly times: number }
  | { readonly do: "end"; readonly which: number }
  | { readonly do: "node"; readonly node: Node }
  | { readonly do: "drop"; readonly name: string };

const names = ["n0", "n1", "n2", "n3", "n4"];
const anyNode = fc.constantFrom(...names).chain(node);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant("place" as const), pod: fc.nat(2), times: fc.integer({ min: 1, max: 4 }) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("end" as const), which: fc.nat(20) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("node" as const), node: anyNode }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("drop" as const), name: fc.constantFrom(...names) }) },
);

test("plans as the plain reading of the rules does, through any history of nodes and pods", () => {
  fc.assert(
    fc.property(
      fc.array(anyNode, { maxLength: 5 }),
      fc.array(pod, { minLength: 3, maxLength: 3 }),
      fc.array(step, { maxLength: 25 }),
      (start, kinds, steps) => {
        const nodes = new Map<string, Node>();
        let placed: { pod: Pod; nodeName: string }[] = [];
        const snapshot = new Snapshot();
        const planner = new Planner(defaultProfile(), snapshot);
        const setNode = (one: Node) => {
          nodes.set(`${one.metadata.name}`, one);
          snapshot.setNode(one);
        };
        for (const one of start) setNode(one);
        let serial = 0;
        for (const action of steps) {
          if (action.do === "node") setNode(action.node);
          if (action.do === "drop") {
            nodes.delete(action.name);
            snapshot.removeNode(action.name);
          }
          if (action.do === "end") {
            const ending = placed[action.which % Math.max(1, placed.length)];
            if (ending) snapshot.removePod(ending.nodeName, `default/${ending.pod.metadata.name}`);
            placed = placed.filter((one) => one !== ending);
          }
          for (let i = 0; action.do === "place" && i < action.times; i++) {
            const kind = kinds[action.pod] as Pod;
            const next: Pod = { ...kind, metadata: { ...kind.metadata, name: `p${serial++}` } };
            const world: World = { nodes: [...nodes.values()], pods: placed };
            const wanted = judge(world, next);
            const info = createPodInfo(next, snapshot.columns);
            const plan = planner.plan(info);
            if (plan.nodeName === undefined) {
              expect([...wanted.scores.keys()]).toEqual([]);
              const expected = [...wanted.reasons].map(([name, reasons]) => ({ reasons, nodes: [name] }));
              expect(histogram(plan.diagnosis.refusals)).toBe(histogram(expected));
              continue;
            }
            // Among equals any is right, but it must be one of the best, and fit.
            expect(plan.score).toBe(Math.max(...wanted.scores.values()));
            expect(wanted.scores.get(plan.nodeName)).toBe(plan.score);
            expect(plan.feasible).toBe(wanted.scores.size);
            placed.push({ pod: next, nodeName: plan.nodeName });
            snapshot.addPod(plan.nodeName, info);
          }
        }
      },
    ),
    { numRuns: 400 },
  );
});

test("never gives out more than a node has, whatever is asked in whatever order", () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ cpu: fc.integer({ min: 0, max: 1500 }), memory: fc.integer({ min: 0, max: 900 }) }), {
        maxLength: 120,
      }),
      (asks) => {
        const snapshot = new Snapshot();
        const planner = new Planner(defaultProfile(), snapshot);
        for (const name of names) snapshot.setNode(makeNode(name, { cpu: "4", memory: "3Gi", pods: "9" }));
        const used = new Map<string, { cpu: number; memory: number; pods: number }>();
        for (const [i, { cpu, memory }] of asks.entries()) {
          const one = makePod(`p${i}`, { requests: { cpu: `${cpu}m`, memory: `${memory}Mi` } });
          const info = createPodInfo(one, snapshot.columns);
          const plan = planner.plan(info);
          if (plan.nodeName === undefined) continue;
          snapshot.addPod(plan.nodeName, info);
          const sum = used.get(plan.nodeName) ?? { cpu: 0, memory: 0, pods: 0 };
          used.set(plan.nodeName, { cpu: sum.cpu + cpu, memory: sum.memory + memory, pods: sum.pods + 1 });
        }
        for (const { cpu, memory, pods } of used.values()) {
          expect(cpu).toBeLessThanOrEqual(4000);
          expect(memory).toBeLessThanOrEqual(3072);
          expect(pods).toBeLessThanOrEqual(9);
        }
      },
    ),
  );
});

test("grows past its first tables and uses slots of gone nodes again", () => {
  const snapshot = new Snapshot();
  const planner = new Planner(defaultProfile(), snapshot);
  for (let i = 0; i < 300; i++) snapshot.setNode(makeNode(`n${i}`, { cpu: "1", pods: "1" }));
  const planAndPlace = (i: number) => {
    const info = createPodInfo(makePod(`p${i}`, { cpu: "500m" }), snapshot.columns);
    const plan = planner.plan(info);
    if (plan.nodeName !== undefined) snapshot.addPod(plan.nodeName, info);
    return plan.nodeName;
  };
  const places = new Set(Array.from({ length: 300 }, (_, i) => planAndPlace(i)));
  expect(places.size).toBe(300);
  expect(planAndPlace(300)).toBeUndefined();
  snapshot.removeNode("n7");
  snapshot.setNode(makeNode("fresh", { cpu: "1", pods: "1" }));
  expect(planAndPlace(301)).toBe("fresh");
  expect(snapshot.nodeCount).toBe(300);
});

test("pods on a node that is not known yet, or known again, count there", () => {
  const snapshot = new Snapshot();
  const planner = new Planner(defaultProfile(), snapshot);
  const place = (name: string, on: string) =>
    snapshot.addPod(on, createPodInfo(makePod(name, { cpu: "3" }), snapshot.columns));
  place("early", "late");
  snapshot.setNode(makeNode("late"));
  expect(planner.plan(createPodInfo(makePod("p", { cpu: "2" }), snapshot.columns)).nodeName).toBeUndefined();
  snapshot.removeNode("late");
  snapshot.setNode(makeNode("late"));
  expect(planner.plan(createPodInfo(makePod("p", { cpu: "2" }), snapshot.columns)).nodeName).toBeUndefined();
  snapshot.removePod("late", "default/early");
  expect(planner.plan(createPodInfo(makePod("p", { cpu: "2" }), snapshot.columns)).nodeName).toBe("late");
});
