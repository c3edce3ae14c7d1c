import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Heap } from "../../src/sched/queue/heap.ts";
import { SchedulingQueue } from "../../src/sched/queue/scheduling-queue.ts";
import { createPodInfo } from "../../src/sched/snapshot/pod-info.ts";
import { ResourceColumns } from "../../src/sched/snapshot/resource-columns.ts";
import { FakeClock } from "../fake-clock.ts";
import { makePod } from "./objects.ts";

test("a heap gives what a sorted list gives, whatever is put in and taken out", () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant("push" as const), value: fc.nat(50) }),
    fc.record({ do: fc.constant("delete" as const), value: fc.nat(50) }),
    fc.record({ do: fc.constant("pop" as const), value: fc.constant(0) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const heap = new Heap<number>((a, b) => a < b);
      let model: number[] = [];
      for (const { do: what, value } of steps) {
        if (what === "push") {
          heap.push(value);
          if (!model.includes(value)) model.push(value);
          model.sort((a, b) => a - b);
        } else if (what === "delete") {
          expect(heap.delete(value)).toBe(model.includes(value));
          model = model.filter((one) => one !== value);
        } else expect(heap.pop()).toBe(model.shift());
        expect([heap.size, heap.peek()]).toEqual([model.length, model[0]]);
      }
    }),
  );
});

describe("the scheduling queue", () => {
  const columns = new ResourceColumns();
  const info = (name: string, priority = 0) => createPodInfo(makePod(name, { spec: { priority } }), columns);
  const fit = new Set(["NodeResourcesFit"]);

  function create() {
    const clock = new FakeClock();
    const queue = new SchedulingQueue({ clock, ready: () => undefined });
    const pop = () => queue.pop()?.info.key.replace("default/", "");
    return { clock, queue, pop };
  }

  test("gives the more important first, then who came first", () => {
    const { queue, pop } = create();
    for (const [name, priority] of [
      ["a", 0],
      ["b", 5],
      ["c", 0],
      ["d", 5],
    ] as const)
      queue.add(info(name, priority), "", false);
    expect([pop(), pop(), pop(), pop(), pop()]).toEqual(["b", "d", "a", "c", undefined]);
  });

  test("asks once for pods alike whether an event may help, and wakes them all", () => {
    const { clock, queue, pop } = create();
    for (const name of ["a", "b", "c"]) queue.add(info(name), name === "c" ? "other" : "same", false);
    for (let pod = queue.pop(); pod; pod = queue.pop()) queue.wait(pod, fit);
    clock.advance(5000);
    let asked = 0;
    queue.wake(() => ++asked > 100);
    expect([asked, pop()]).toEqual([2, undefined]);
    queue.wake(({ key }, plugins) => key === "default/a" && plugins === fit);
    expect([pop(), pop(), pop()]).toEqual(["a", "b", undefined]);
  });

  test("doubles the back-off of errors up to ten seconds, and shortens that of the unschedulable when idle", () => {
    const { clock, queue } = create();
    queue.add(info("a"), "", false);
    const waits: number[] = [];
    for (let i = 0; i < 6; i++) {
      const pod = queue.pop();
      if (!pod) throw new Error("no pod");
      queue.retry(pod);
      expect(queue.pop()).toBeUndefined();
      waits.push(clock.next ?? 0);
      clock.advance(clock.next ?? 0);
    }
    expect(waits).toEqual([1000, 2000, 4000, 8000, 10_000, 10_000]);
    const pod = queue.pop();
    if (!pod) throw new Error("no pod");
    queue.wait(pod, fit);
    queue.wake(() => true);
    expect(queue.pop()).toBe(pod);
  });

  test("lets only so many leave their back-off early", () => {
    const { clock, queue } = create();
    for (let i = 0; i < 100; i++) queue.add(info(`p${i}`), "", false);
    for (let pod = queue.pop(); pod; pod = queue.pop()) queue.wait(pod, fit);
    queue.wake(() => true);
    let early = 0;
    while (queue.pop()) early++;
    expect(early).toBe(64);
    clock.advance(1000);
    while (queue.pop()) early++;
    expect(early).toBe(100);
  });

  test("leaves no timer behind", () => {
    const { clock, queue } = create();
    queue.add(info("a"), "", false);
    queue.add(info("b"), "", false);
    const [a, b] = [queue.pop(), queue.pop()];
    if (a) queue.wait(a, fit);
    if (b) queue.retry(b);
    expect(clock.pending).toBe(2);
    queue.close();
    expect([clock.pending, queue.size]).toEqual([0, 0]);
  });
});
