import { beforeEach, expect, test } from "vitest";
import { BackOff } from "../../../src/agent/pod/backoff.ts";
import { FakeClock } from "../../fake-clock.ts";

let clock: FakeClock;
let backOff: BackOff;

beforeEach(() => {
  clock = new FakeClock();
  backOff = new BackOff(clock);
});

/** How long it is to be waited, in seconds; 0: not at all. */
const left = (since: number): number => ((backOff.until("p_c", since) ?? clock.elapsed()) - clock.elapsed()) / 1000;

test("each failure doubles the wait, which counts from the failure", () => {
  for (const delay of [0, 10, 20, 40, 80, 160, 300, 300]) {
    const failed = clock.now();
    clock.advance(1000);
    expect(left(failed)).toBe(Math.max(0, delay - 1));
    clock.advance(delay * 1000);
    expect(left(failed)).toBe(0);
    backOff.next("p_c", failed);
  }
  clock.advance(601_000);
  const failed = clock.now();
  expect(left(failed)).toBe(0);
  backOff.next("p_c", failed);
  expect(backOff.delay("p_c")).toBe(10_000);
});

test("a clock that is set makes no wait longer or shorter", () => {
  backOff.next("p_c", clock.now());
  const failed = clock.now();
  expect(left(failed)).toBe(10);
  clock.jump(-3_600_000);
  clock.advance(4000);
  expect(left(failed)).toBe(6);
  clock.jump(7_200_000);
  expect(left(failed)).toBe(6);
  clock.advance(6000);
  expect(left(failed)).toBe(0);
});

test("an engine whose clock is an hour behind is waited for all the same", () => {
  for (const delay of [0, 10, 20, 40]) {
    const failed = clock.now() - 3_600_000 - delay;
    expect(left(failed)).toBe(delay);
    clock.advance(delay * 1000);
    backOff.next("p_c", failed);
  }
});

test("a failure that seems to be yet to come has just happened", () => {
  backOff.next("p_c", clock.now());
  const failed = clock.now();
  clock.jump(-3_600_000);
  expect(left(failed)).toBe(10);
  clock.advance(10_000);
  expect(left(failed)).toBe(0);
});
