import fc from "fast-check";
import { expect, test } from "vitest";
import { FairQueues, flowHash, handOf } from "../../../src/api/flowcontrol/fair-queues.ts";

test("a hand holds different queues, and is the same for the same flow", () => {
  fc.assert(
    fc.property(fc.string(), fc.integer({ min: 1, max: 128 }), fc.integer({ min: 1, max: 8 }), (flow, queues, size) => {
      const hand = handOf(flowHash("schema", flow), queues, Math.min(size, queues));
      expect(new Set(hand).size).toBe(Math.min(size, queues));
      expect(hand.every((index) => index >= 0 && index < queues)).toBe(true);
      expect(handOf(flowHash("schema", flow), queues, Math.min(size, queues))).toEqual(hand);
    }),
  );
});

/** KEP-1040: shuffle sharding makes it unlikely that a small flow shares all its queues with a large one. */
test("two flows seldom share a hand", () => {
  let shared = 0;
  const elephant = new Set(handOf(flowHash("s", "elephant"), 128, 6));
  for (let i = 0; i < 10_000; i++) {
    if (handOf(flowHash("s", `mouse-${i}`), 128, 6).every((queue) => elephant.has(queue))) shared++;
  }
  expect(shared).toBe(0);
});

test("flows get the same work done, however many requests they have and how long each takes", () => {
  const queues = new FairQueues<{ hash: number; width: number; flow: string; seconds: number }>(64, 1, 1000);
  const flows = [
    { flow: "many-short", count: 900, seconds: 0.001, width: 1 },
    { flow: "few-long", count: 90, seconds: 0.02, width: 1 },
    { flow: "wide", count: 90, seconds: 0.002, width: 10 },
  ];
  for (const { flow, count, seconds, width } of flows) {
    for (let i = 0; i < count; i++)
      expect(queues.enqueue({ hash: flowHash("s", flow), width, flow, seconds })).toBeDefined();
  }
  const work: Record<string, number> = {};
  let total = 0;
  while (total < 1.5) {
    const queue = queues.peek();
    const request = queue && queues.dispatch(queue);
    if (queue === undefined || request === undefined) throw new Error("nobody waits");
    queues.finished(queue, request, request.seconds);
    work[request.flow] = (work[request.flow] ?? 0) + request.seconds * request.width;
    total += request.seconds * request.width;
  }
  for (const { flow } of flows) expect(work[flow]).toBeCloseTo(0.5, 1);
});

test("what is taken out leaves no trace", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(20), fc.integer({ min: 1, max: 10 })), { maxLength: 60 }), (requests) => {
      const queues = new FairQueues<{ hash: number; width: number }>(16, 4, 50);
      const all = requests.map(([hash, width]) => ({ hash, width }));
      const inside = all.filter((request) => queues.enqueue(request) !== undefined);
      expect(queues.waiting).toBe(inside.length);
      expect(queues.waitingSeats).toBe(inside.reduce((sum, { width }) => sum + width, 0));
      for (const request of inside) expect(queues.remove(request)).toBe(true);
      expect([queues.waiting, queues.waitingSeats, queues.peek()]).toEqual([0, 0, undefined]);
    }),
  );
});
