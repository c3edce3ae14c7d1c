import { expect, test } from "vitest";
import { slowStart } from "../../../src/ctrl/replicaset/slow-start.ts";

test.each([
  { count: 0, failAt: Number.POSITIVE_INFINITY, calls: 0, succeeded: 0 },
  { count: 1, failAt: Number.POSITIVE_INFINITY, calls: 1, succeeded: 1 },
  { count: 10, failAt: Number.POSITIVE_INFINITY, calls: 10, succeeded: 10 },
  { count: 500, failAt: 0, calls: 1, succeeded: 0 },
  { count: 500, failAt: 5, calls: 7, succeeded: 5 },
])("$count wanted, the API refuses from call $failAt on: $calls calls", async ({ count, failAt, calls, succeeded }) => {
  let made = 0;
  const result = await slowStart(count, async () => {
    if (made++ >= failAt) throw new Error("no more");
  });
  expect(made).toBe(calls);
  expect(result.succeeded).toBe(succeeded);
  expect(result.error === undefined).toBe(calls === count);
});

test("batches double", async () => {
  const batches: number[] = [];
  let open = 0;
  await slowStart(20, async () => {
    open++;
    await Promise.resolve();
    if (open > 0) batches.push(open);
    open = 0;
  });
  expect(batches.filter((size) => size > 0)).toEqual([1, 2, 4, 8, 5]);
});
