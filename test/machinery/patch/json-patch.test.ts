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
  ])("%j is refused with 422", (patch) => {
    const error = refusal(patch);
    expect(error.code).toBe(422);
    expect(error.reason).toBe("Invalid");
    expect(error.message).toBe("the server rejected our request due to an error in our request");
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
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
