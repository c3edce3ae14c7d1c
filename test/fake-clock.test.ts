import { expect, test } from "vitest";
import { FakeClock } from "./fake-clock.ts";

test("timers fire in the order of their time, then of their making, at their own time", () => {
  const clock = new FakeClock(0);
  const seen: string[] = [];
  clock.after(20, () => seen.push(`c@${clock.now()}`));
  clock.after(10, () => seen.push(`a@${clock.now()}`));
  clock.after(10, () => seen.push(`b@${clock.now()}`));
  clock.after(5, () => clock.after(5, () => seen.push(`nested@${clock.now()}`)));
  clock.advance(15);
  expect(seen).toEqual(["a@10", "b@10", "nested@10"]);
  expect([clock.now(), clock.pending, clock.next]).toEqual([15, 1, 5]);
  clock.advance(5);
  expect(seen.at(-1)).toBe("c@20");
});

test("a cancelled timer does not fire", () => {
  const clock = new FakeClock(0);
  clock.after(1, () => expect.unreachable())();
  clock.advance(1);
  expect(clock.pending).toBe(0);
});

test("run lets promises settle between timers", async () => {
  const clock = new FakeClock(0);
  const wait = (ms: number) => new Promise<void>((resolve) => void clock.after(ms, resolve));
  const times: number[] = [];
  const loop = (async () => {
    for (let i = 0; i < 3; i++) {
      await wait(10);
      times.push(clock.now());
    }
  })();
  await clock.run(30);
  await loop;
  expect(times).toEqual([10, 20, 30]);
});
