import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { controllerRateLimiter, ExponentialBackoff, TokenBucket } from "../../src/ctrl/rate-limiter.ts";
import { WorkQueue } from "../../src/ctrl/workqueue.ts";
import { FakeClock, settle } from "../fake-clock.ts";

describe("WorkQueue", () => {
  test("hands out a key once, however often it was added", async () => {
    const queue = new WorkQueue(new FakeClock());
    queue.add("a");
    queue.add("b");
    queue.add("a");
    expect(queue.length).toBe(2);
    expect([await queue.get(), await queue.get()]).toEqual(["a", "b"]);
    expect(queue.length).toBe(0);
  });

  test("keeps a key back while it is worked on, and hands it out again afterwards", async () => {
    const queue = new WorkQueue(new FakeClock());
    queue.add("a");
    await queue.get();
    queue.add("a");
    let second: string | undefined;
    void queue.get().then((key) => {
      second = key;
    });
    await settle();
    expect(second).toBeUndefined();
    queue.done("a");
    await settle();
    expect(second).toBe("a");
    queue.done("a");
    expect(queue.length).toBe(0);
  });

  test("addAfter waits, and the shortest wait counts", async () => {
    const clock = new FakeClock();
    const queue = new WorkQueue(clock);
    queue.addAfter("a", 1000);
    queue.addAfter("a", 100);
    queue.addAfter("a", 500);
    clock.advance(99);
    expect(queue.length).toBe(0);
    clock.advance(1);
    expect(queue.length).toBe(1);
    expect(clock.pending).toBe(0);
  });

  test("addRateLimited doubles the wait from 5 ms to 1000 s until forget", async () => {
    const clock = new FakeClock();
    const limiter = new ExponentialBackoff<string>(5, 1_000_000);
    const queue = new WorkQueue(clock, limiter);
    const waits: number[] = [];
    for (let i = 0; i < 20; i++) {
      queue.addRateLimited("a");
      waits.push(clock.next ?? -1);
      clock.advance(clock.next ?? 0);
      queue.done((await queue.get()) ?? "");
    }
    expect(waits.slice(0, 5)).toEqual([5, 10, 20, 40, 80]);
    expect(waits.at(-1)).toBe(1_000_000);
    expect(queue.failures("a")).toBe(20);
    queue.forget("a");
    queue.addRateLimited("a");
    expect(clock.next).toBe(5);
  });

  test("shutDown wakes idle workers, drops what is queued and waits for what runs", async () => {
    const clock = new FakeClock();
    const queue = new WorkQueue(clock);
    queue.add("a");
    queue.add("b");
    queue.addAfter("c", 10);
    expect(await queue.get()).toBe("a");
    let ended = false;
    void queue.shutDown().then(() => {
      ended = true;
    });
    expect(await queue.get()).toBeUndefined();
    queue.add("d");
    expect(queue.length).toBe(0);
    expect(clock.pending).toBe(0);
    await settle();
    expect(ended).toBe(false);
    queue.done("a");
    await settle();
    expect(ended).toBe(true);
  });

  test("a worker that waits gets the key that comes, and undefined at the end", async () => {
    const queue = new WorkQueue(new FakeClock());
    const first = queue.get();
    const second = queue.get();
    queue.add("a");
    expect(await first).toBe("a");
    const end = queue.shutDown();
    expect(await second).toBeUndefined();
    queue.done("a");
    await end;
  });

  test("no sequence of adds and dones loses a key or gives it to two workers", async () => {
    type Step = { op: "add" | "get" | "done"; key: string };
    const step = fc.record<Step>({
      op: fc.constantFrom("add", "get", "done"),
      key: fc.constantFrom("a", "b", "c", "d"),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const queue = new WorkQueue(new FakeClock());
        const owed = new Set<string>();
        const running = new Set<string>();
        const take = async () => {
          const key = await queue.get();
          if (key === undefined) throw new Error("shut down");
          expect(running.has(key)).toBe(false);
          expect(owed.delete(key)).toBe(true);
          running.add(key);
        };
        for (const { op, key } of steps) {
          if (op === "add") {
            queue.add(key);
            owed.add(key);
          } else if (op === "get" && queue.length > 0) await take();
          else if (op === "done" && running.delete(key)) queue.done(key);
        }
        for (const key of running) queue.done(key);
        running.clear();
        while (queue.length > 0) await take();
        expect([...owed]).toEqual([]);
      }),
    );
  });
});

describe("TokenBucket", () => {
  test("lets the burst through, then spaces out", () => {
    const clock = new FakeClock();
    const bucket = new TokenBucket<string>(10, 3, clock);
    expect([1, 2, 3].map(() => bucket.when("a"))).toEqual([0, 0, 0]);
    expect(bucket.when("a")).toBe(100);
    expect(bucket.when("a")).toBe(200);
    clock.advance(1000);
    expect(bucket.when("a")).toBe(0);
  });

  test("the controllers' limiter takes the longer of both waits", () => {
    const limiter = controllerRateLimiter<number>(new FakeClock());
    for (let key = 0; key < 100; key++) expect(limiter.when(key)).toBe(5);
    expect(limiter.when(100)).toBe(100);
    expect(limiter.failures(100)).toBe(1);
  });
});
