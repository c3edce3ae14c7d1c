import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { maxSurge, maxUnavailable } from "../../../src/ctrl/deployment/limits.ts";
import { proportionalSizes } from "../../../src/ctrl/deployment/proportional.ts";
import { newReplicaSetSize, shrinkOld } from "../../../src/ctrl/deployment/rolling.ts";
import type { Deployment, ReplicaSet } from "../../../src/machinery/types/apps/v1.ts";

function deployment(replicas: number, surge: number | string, unavailable: number | string): Deployment {
  return {
    metadata: { name: "web" },
    spec: {
      replicas,
      template: { metadata: {} },
      strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: surge, maxUnavailable: unavailable } },
    },
  };
}

let serial = 0;
function replicaSet(replicas: number, availableReplicas: number, annotations = {}): ReplicaSet {
  const creationTimestamp = new Date(++serial * 1000).toISOString();
  return {
    metadata: { name: `rs-${serial}`, creationTimestamp, annotations },
    spec: { replicas },
    status: { replicas, availableReplicas },
  };
}

test.each([
  [10, "25%", "25%", 3, 2],
  [1, "25%", "25%", 1, 0],
  [4, 0, "10%", 0, 1],
  [3, 0, 5, 0, 3],
  [0, "50%", "50%", 0, 0],
])("%i replicas, maxSurge %s, maxUnavailable %s: %i and %i", (replicas, surge, unavailable, most, least) => {
  const subject = deployment(replicas, surge, unavailable);
  expect([maxSurge(subject), maxUnavailable(subject)]).toEqual([most, least]);
});

describe("newReplicaSetSize", () => {
  test.each([
    { desired: 10, surge: 0, old: 10, current: 0, size: 0 },
    { desired: 10, surge: 2, old: 10, current: 0, size: 2 },
    { desired: 10, surge: 2, old: 5, current: 2, size: 7 },
    { desired: 10, surge: 2, old: 10, current: 2, size: 2 },
    { desired: 10, surge: 2, old: 0, current: 15, size: 10 },
  ])("$old old and $current new of $desired with surge $surge: $size", ({ desired, surge, old, current, size }) => {
    expect(newReplicaSetSize(deployment(desired, surge, 1), [replicaSet(old, old)], replicaSet(current, 0))).toBe(size);
  });
});

describe("shrinkOld", () => {
  const sizesAfter = (resizes: ReturnType<typeof shrinkOld>) => resizes.map(({ size }) => size);

  test("waits for the new pods to be available", () => {
    expect(shrinkOld(deployment(10, 3, 2), [replicaSet(8, 8)], replicaSet(5, 0))).toEqual([]);
    expect(sizesAfter(shrinkOld(deployment(10, 3, 2), [replicaSet(8, 8)], replicaSet(5, 4)))).toEqual([4]);
  });

  test("takes pods that are not available first, and the oldest ReplicaSet's first", () => {
    const [older, newer] = [replicaSet(5, 5), replicaSet(5, 2)];
    const resizes = shrinkOld(deployment(10, 0, 5), [newer, older], replicaSet(0, 0));
    expect(resizes).toEqual([
      { replicaSet: newer, size: 2 },
      { replicaSet: older, size: 3 },
    ]);
  });
});

/** Any sequence of readiness, lost pods and controller steps keeps within what the user allowed. */
test("a rolling update never wants more than the surge, nor takes more than may be unavailable", () => {
  const step = fc.record({ act: fc.constantFrom("grow", "shrink", "ready", "lose"), which: fc.nat(), by: fc.nat(4) });
  const limit = fc.oneof(
    fc.integer({ min: 0, max: 8 }),
    fc.integer({ min: 0, max: 100 }).map((n) => `${n}%`),
  );
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 20 }),
      limit,
      limit,
      fc.array(step, { maxLength: 80 }),
      (desired, surge, unavailable, steps) => {
        const subject = deployment(desired, surge, unavailable);
        const [most, least] = [desired + maxSurge(subject), desired - maxUnavailable(subject)];
        // Two old generations and the new one: what each wants, and how many of its pods are available.
        const all = [replicaSet(desired, desired), replicaSet(0, 0), replicaSet(0, 0)];
        const set = (at: number, replicas: number, available: number) => {
          const each = all[at];
          if (each) all[at] = { ...each, spec: { replicas }, status: { replicas, availableReplicas: available } };
        };
        const size = (at: number) => all[at]?.spec?.replicas ?? 0;
        const available = (at: number) => all[at]?.status?.availableReplicas ?? 0;
        const total = () => size(0) + size(1) + size(2);
        const allAvailable = () => available(0) + available(1) + available(2);
        for (const { act, which, by } of steps) {
          const [old, current] = [all.slice(0, 2), all[2]];
          if (!current) throw new Error("no current");
          const at = which % 3;
          if (act === "ready") set(at, size(at), Math.min(size(at), available(at) + by));
          else if (act === "lose") set(at, size(at), Math.max(0, available(at) - by));
          else if (act === "grow") {
            const before = total();
            set(2, newReplicaSetSize(subject, old, current), available(2));
            expect(total()).toBeLessThanOrEqual(Math.max(before, most));
          } else {
            const before = allAvailable();
            for (const resize of shrinkOld(subject, old, current)) {
              const of = old.indexOf(resize.replicaSet);
              // The ReplicaSet takes pods that are not available first: only the rest can hurt.
              set(of, resize.size, Math.min(available(of), resize.size));
            }
            expect(allAvailable()).toBeGreaterThanOrEqual(Math.min(before, least));
          }
        }
        // When everything gets ready at last, the rollout gets to its end.
        for (let turn = 0; turn < 200; turn++) {
          const current = all[2];
          if (!current) throw new Error("no current");
          set(2, newReplicaSetSize(subject, all.slice(0, 2), current), available(2));
          for (const at of [0, 1, 2]) set(at, size(at), size(at));
          const old = all.slice(0, 2);
          for (const resize of shrinkOld(subject, old, all[2] ?? current)) {
            set(old.indexOf(resize.replicaSet), resize.size, resize.size);
          }
        }
        expect([size(0), size(1), size(2)]).toEqual([0, 0, desired]);
      },
    ),
  );
});

test("proportional sizes add up to what is allowed, and none goes below 0", () => {
  const scenario = fc.record({
    after: fc.integer({ min: 0, max: 30 }),
    surge: fc.integer({ min: 0, max: 10 }),
    sizes: fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 2, maxLength: 5 }),
  });
  fc.assert(
    fc.property(scenario, ({ after, surge, sizes }) => {
      const max = String(sizes.reduce((sum, size) => sum + size, 0));
      const annotations = { "deployment.kubernetes.io/max-replicas": max };
      const active = sizes.map((size) => replicaSet(size, size, annotations));
      const resized = proportionalSizes(deployment(after, surge, 1), active);
      const total = resized.reduce((sum, { size }) => sum + size, 0);
      const allowed = after === 0 ? 0 : after + maxSurge(deployment(after, surge, 1));
      expect(resized.every(({ size }) => size >= 0)).toBe(true);
      expect(total).toBe(allowed);
    }),
  );
});
