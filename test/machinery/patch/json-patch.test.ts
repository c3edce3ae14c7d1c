import fc from "fast-check";
import { applyPatch, type Operation } from "rfc6902";
import { describe, expect, it } from "vitest";
import { deepFreeze } from "../../../src/machinery/meta/immutable.ts";
import { applyJsonPatch } from "../../../src/machinery/patch/json-patch.ts";
import { StatusError } from "../../../src/machinery/status/error.ts";

const document = deepFreeze({ a: { b: [1, 2, 3] }, "x/y": 1 });

function refusal(patch: unknown): StatusError {
  try {
    applyJsonPatch(document, patch);
  } catch (error) {
    if (error instanceof StatusError) return error;
    throw error;
  }
  throw new Error("was accepted");
}

describe("applyJsonPatch", () => {
  it.each([
    [[{ op: "add", path: "/a/b/-", value: 4 }], { a: { b: [1, 2, 3, 4] }, "x/y": 1 }],
    [[{ op: "add", path: "/a/b/0", value: 0 }], { a: { b: [0, 1, 2, 3] }, "x/y": 1 }],
    [[{ op: "remove", path: "/x~1y" }], { a: { b: [1, 2, 3] } }],
    [[{ op: "replace", path: "/a", value: null }], { a: null, "x/y": 1 }],
    [[{ op: "move", from: "/a/b/0", path: "/c" }], { a: { b: [2, 3] }, "x/y": 1, c: 1 }],
    [[{ op: "copy", from: "/a/b", path: "/c" }], { a: { b: [1, 2, 3] }, "x/y": 1, c: [1, 2, 3] }],
    [[{ op: "test", path: "/a/b", value: [1, 2, 3] }], { a: { b: [1, 2, 3] }, "x/y": 1 }],
    [[{ op: "replace", path: "", value: { new: 1 } }], { new: 1 }],
    [
      [
        { op: "add", path: "/constructor", value: { a: 1 } },
        { op: "add", path: "/constructor/b", value: 2 },
      ],
      { a: { b: [1, 2, 3] }, "x/y": 1, constructor: { a: 1, b: 2 } },
    ],
    [[{ op: "remove", path: "/a/b/-1" }], { a: { b: [1, 2] }, "x/y": 1 }],
    [[{ op: "add", path: "/a/b/3", value: 4 }], { a: { b: [1, 2, 3, 4] }, "x/y": 1 }],
    [[{ op: "test", path: "/none", value: null }], { a: { b: [1, 2, 3] }, "x/y": 1 }],
  ])("%j", (patch, result) => {
    expect(applyJsonPatch(document, patch)).toEqual(result);
  });
  it.each([
    [[{ op: "test", path: "/a/b/0", value: 5 }]],
    [[{ op: "remove", path: "/none" }]],
    [[{ op: "add", path: "/none/deep", value: 1 }]],
    [[{ op: "replace", path: "/none", value: 1 }]],
    [[{ op: "leap", path: "/a" }]],
    [[{ op: "add", path: "a", value: 1 }]],
    [[{ op: "add", path: "/__proto__/polluted", value: 1 }]],
    [[{ op: "add", path: "/a" }]],
    [[{ op: "add", path: "/a/b/4", value: 1 }]],
    [[{ op: "add", path: "/a/b/x", value: 1 }]],
    [[{ op: "add", path: "/a/b/00", value: 1 }]],
    [[{ op: "remove", path: "/a/b/3" }]],
    [[{ op: "replace", path: "/a/b/-", value: 1 }]],
    [[{ op: "move", from: "/a", path: "/a/c" }]],
    [[{ op: "copy", from: "/constructor", path: "/c" }]],
    [[{ op: "remove", path: "" }]],
    [[{ op: "move", from: "/none", path: "/none" }]],
    [[{ op: "add", path: "/x~1y/z", value: 1 }]],
  ])("%j is refused with 422", (patch) => {
    const error = refusal(patch);
    expect(error.code).toBe(422);
    expect(error.reason).toBe("Invalid");
    expect(error.message).toBe("the server rejected our request due to an error in our request");
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });
  it("shares what it does not touch", () => {
    const original = deepFreeze({ a: { x: 1 }, b: { y: 1 } });
    const result = applyJsonPatch(original, [{ op: "add", path: "/a/z", value: 2 }]) as typeof original;
    expect(result).toEqual({ a: { x: 1, z: 2 }, b: { y: 1 } });
    expect(result.b).toBe(original.b);
    expect(original.a).toEqual({ x: 1 });
  });
  it("bounds what copies may multiply", () => {
    const doubling = Array.from({ length: 100 }, (_, i) => ({ op: "copy", from: "/a", path: `/a/c${i}` }));
    const error = refusal(doubling);
    expect(error.code).toBe(422);
    expect((error.cause as Error).message).toContain("exceeding the limit 3145728");
  });
  it("does not let copies change together", () => {
    const patch = [
      { op: "copy", from: "/a", path: "/c" },
      { op: "add", path: "/c/b/-", value: 4 },
    ];
    expect(applyJsonPatch(document, patch)).toEqual({ a: { b: [1, 2, 3] }, "x/y": 1, c: { b: [1, 2, 3, 4] } });
  });
  it("agrees with rfc6902 on what that can do", () => {
    const key = fc.constantFrom("a", "b", "0", "1", "2", "-");
    const path = fc.array(key, { minLength: 1, maxLength: 3 }).map((keys) => `/${keys.join("/")}`);
    const operation = fc.oneof(
      fc.record({ op: fc.constantFrom("add", "replace"), path, value: fc.constantFrom<unknown>(1, { a: 1 }, [1, 2]) }),
      fc.record({ op: fc.constant("remove"), path }),
      fc.record({ op: fc.constantFrom("copy", "move"), from: path, path }),
    );
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 4 }), (patch) => {
        const original = deepFreeze({ a: { a: [1, { b: 2 }], b: 3 }, b: [{ a: 1 }, [4, 5]] });
        let ours: unknown;
        try {
          ours = applyJsonPatch(original, patch);
        } catch (error) {
          if (!(error instanceof StatusError)) throw error;
          return;
        }
        const theirs = structuredClone(original);
        const errors = applyPatch(theirs, structuredClone(patch) as Operation[]);
        expect(errors.filter((error) => error !== null)).toEqual([]);
        expect(ours).toEqual(theirs);
      }),
      { numRuns: 2000 },
    );
  });
  it("refuses what is no patch, and too much of it", () => {
    expect(refusal({}).message).toContain("error decoding patch: json: cannot unmarshal object");
    expect(refusal([1]).code).toBe(400);
    const many = refusal(Array.from({ length: 10_001 }, () => ({ op: "test", path: "/x~1y", value: 1 })));
    expect(many.code).toBe(413);
    expect(many.message).toBe(
      "Request entity too large: The allowed maximum operations in a JSON patch is 10000, got 10001",
    );
  });
});
