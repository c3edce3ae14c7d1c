import fc from "fast-check";
import { expect, test } from "vitest";
import { CidrSet } from "../../../src/ctrl/nodeipam/cidr-set.ts";

test("ranges go round and are given out once", () => {
  const set = new CidrSet("10.42.0.0/22", 24);
  expect([set.takeNext(), set.takeNext(), set.takeNext()]).toEqual(["10.42.0.0/24", "10.42.1.0/24", "10.42.2.0/24"]);
  set.release("10.42.0.0/24");
  expect([set.takeNext(), set.takeNext(), set.takeNext()]).toEqual(["10.42.3.0/24", "10.42.0.0/24", undefined]);
});

test("what somebody has is not given, be it wider or narrower than a node's range", () => {
  const set = new CidrSet("10.42.0.0/22", 24);
  set.occupy("10.42.0.0/23");
  set.occupy("10.42.2.16/28");
  set.occupy("192.168.0.0/16");
  expect([set.takeNext(), set.takeNext()]).toEqual(["10.42.3.0/24", undefined]);
});

test("a cluster CIDR that nodes cannot be cut from is refused", () => {
  expect(() => new CidrSet("10.42.0.0/25", 24)).toThrow("nodes cannot have ranges of /24 out of 10.42.0.0/25");
  expect(() => new CidrSet("fd00::/64", 80)).toThrow("not an IPv4 range");
});

test("whatever is taken and released, no range is held twice", () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.nat(15)), { maxLength: 80 }), (steps) => {
      const set = new CidrSet("10.0.0.0/12", 16);
      const held = new Set<string>();
      for (const step of steps) {
        const victim = step === null ? undefined : [...held][step];
        if (victim !== undefined) {
          set.release(victim);
          held.delete(victim);
          continue;
        }
        const taken = set.takeNext();
        if (held.size === 16) expect(taken).toBeUndefined();
        else {
          expect(taken).toBeDefined();
          expect(held.has(taken ?? "")).toBe(false);
          held.add(taken ?? "");
        }
      }
    }),
  );
});
