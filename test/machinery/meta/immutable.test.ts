import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { deepCopy, deepEqual, deepFreeze, getIn, setIn } from "../../../src/machinery/meta/immutable.ts";

describe("setIn", () => {
  const object = deepFreeze({ metadata: { labels: { a: "1" } }, spec: { replicas: 1 } });
  it("copies the path and shares the rest", () => {
    const changed = setIn(object, ["metadata", "labels", "b"], "2");
    expect(changed).toEqual({ metadata: { labels: { a: "1", b: "2" } }, spec: { replicas: 1 } });
    expect(changed.spec).toBe(object.spec);
    expect(setIn(object, ["status", "phase"], "x")).toEqual({ ...object, status: { phase: "x" } });
  });
  it("removes with undefined and gives the object itself when nothing changes", () => {
    expect(setIn(object, ["metadata", "labels"], undefined)).toEqual({ metadata: {}, spec: { replicas: 1 } });
    expect(setIn(object, ["status", "phase"], undefined)).toBe(object);
    expect(setIn(object, ["spec", "replicas"], 1)).toBe(object);
  });
  it("is not deceived by the prototype", () => {
    const changed = setIn({}, ["__proto__", "polluted"], 1);
    expect(Object.keys(changed)).toEqual(["__proto__"]);
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
    expect(getIn({}, ["constructor", "name"])).toBeUndefined();
  });
});

describe("deepCopy and deepEqual", () => {
  it("agree for all JSON", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        expect(deepEqual(a, deepCopy(a))).toBe(true);
        const same = (value: unknown): string =>
          JSON.stringify(value, (_, inner) =>
            inner && typeof inner === "object" && !Array.isArray(inner)
              ? Object.entries(inner).sort(([x], [y]) => (x < y ? -1 : 1))
              : Object.is(inner, -0)
                ? 0
                : inner,
          );
        if (same(a) !== same(b)) expect(deepEqual(a, b)).toBe(false);
      }),
    );
  });
});
