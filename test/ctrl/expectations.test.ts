import { expect, test } from "vitest";
import { Expectations } from "../../src/ctrl/expectations.ts";
import { FakeClock } from "../fake-clock.ts";

test("a controller nobody spoke of is satisfied", () => {
  expect(new Expectations(new FakeClock()).satisfied("default/a")).toBe(true);
});

test("creations are satisfied when all were seen", () => {
  const expectations = new Expectations(new FakeClock());
  expectations.expectCreations("default/a", 2);
  expectations.creationObserved("default/a");
  expect(expectations.satisfied("default/a")).toBe(false);
  expect(expectations.satisfied("default/b")).toBe(true);
  expectations.creationObserved("default/a");
  expect(expectations.satisfied("default/a")).toBe(true);
});

test("one deletion seen twice counts once", () => {
  const expectations = new Expectations(new FakeClock());
  expectations.expectDeletions("default/a", ["u1", "u2"]);
  expectations.deletionObserved("default/a", "u1");
  expectations.deletionObserved("default/a", "u1");
  expect(expectations.satisfied("default/a")).toBe(false);
  expectations.deletionObserved("default/a", "u2");
  expect(expectations.satisfied("default/a")).toBe(true);
});

test("an expectation that is never fulfilled expires after five minutes", () => {
  const clock = new FakeClock();
  const expectations = new Expectations(clock);
  expectations.expectCreations("default/a", 1);
  clock.advance(5 * 60 * 1000);
  expect(expectations.satisfied("default/a")).toBe(false);
  clock.advance(1);
  expect(expectations.satisfied("default/a")).toBe(true);
});
