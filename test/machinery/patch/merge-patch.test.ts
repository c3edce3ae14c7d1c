import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { deepFreeze } from "../../../src/machinery/meta/immutable.ts";
import { applyMergePatch, createMergePatch } from "../../../src/machinery/patch/merge-patch.ts";

describe("applyMergePatch", () => {
  // The cases of RFC 7396, appendix A.
  it.each([
    ['{"a":"b"}', '{"a":"c"}', '{"a":"c"}'],
    ['{"a":"b"}', '{"b":"c"}', '{"a":"b","b":"c"}'],
    ['{"a":"b"}', '{"a":null}', "{}"],
    ['{"a":"b","b":"c"}', '{"a":null}', '{"b":"c"}'],
    ['{"a":["b"]}', '{"a":"c"}', '{"a":"c"}'],
    ['{"a":"c"}', '{"a":["b"]}', '{"a":["b"]}'],
    ['{"a":{"b":"c"}}', '{"a":{"b":"d","c":null}}', '{"a":{"b":"d"}}'],
    ['{"a":[{"b":"c"}]}', '{"a":[1]}', '{"a":[1]}'],
    ["[1]", "[2]", "[2]"],
    ['{"a":"b"}', "null", "null"],
    ['{"e":null}', '{"a":1}', '{"e":null,"a":1}'],
    ["[1,2]", '{"a":"b","c":null}', '{"a":"b"}'],
    ["{}", '{"a":{"bb":{"ccc":null}}}', '{"a":{"bb":{}}}'],
    ["{}", '{"__proto__":{"x":1}}', '{"__proto__":{"x":1}}'],
  ])("%s with %s is %s", (target, patch, result) => {
    expect(JSON.stringify(applyMergePatch(deepFreeze(JSON.parse(target)), JSON.parse(patch)))).toBe(result);
  });
  it("shares what it does not touch, and gives the object itself when nothing changes", () => {
    const object = deepFreeze({ a: { b: 1 }, c: { d: 2 } });
    const changed = applyMergePatch(object, { a: { b: 3 } }) as typeof object;
    expect(changed).toEqual({ a: { b: 3 }, c: { d: 2 } });
    expect(changed.c).toBe(object.c);
    expect(applyMergePatch(object, { a: { b: 1 }, x: null })).toBe(object);
  });
  it("applies what createMergePatch makes", () => {
    const leaf = fc.oneof(fc.integer(), fc.string(), fc.boolean(), fc.array(fc.integer(), { maxLength: 2 }));
    const tree = fc.letrec((tie) => ({
      node: fc.dictionary(fc.constantFrom("a", "b", "c", "__proto__"), fc.oneof(leaf, tie("node")), { maxKeys: 3 }),
    })).node as fc.Arbitrary<Record<string, unknown>>;
    fc.assert(
      fc.property(tree, tree, (from, to) => {
        expect(applyMergePatch(deepFreeze(from), createMergePatch(from, to))).toEqual(to);
      }),
    );
  });
});
