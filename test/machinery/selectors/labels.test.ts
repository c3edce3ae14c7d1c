import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  labelSelectorFrom,
  labelSelectorFromSet,
  parseLabelSelector,
} from "../../../src/machinery/selectors/labels.ts";

describe("parseLabelSelector", () => {
  it.each([
    ["", {}, true],
    ["a=b", { a: "b" }, true],
    ["a==b", { a: "b" }, true],
    ["a=b", {}, false],
    ["a!=b", {}, true],
    ["a!=b", { a: "b" }, false],
    ["a in (b, c)", { a: "c" }, true],
    ["a in (b,c)", {}, false],
    ["a notin (b,c)", {}, true],
    ["a notin (b,c)", { a: "b" }, false],
    ["a", { a: "" }, true],
    ["a", {}, false],
    ["!a", {}, true],
    ["!a", { a: "x" }, false],
    ["a=", { a: "" }, true],
    ["a>3", { a: "4" }, true],
    ["a>3", { a: "x" }, false],
    ["a<3", { a: "-4" }, true],
    ["in in (in)", { in: "in" }, true],
    ["a in ()", { a: "" }, true],
    ["a in (,b)", { a: "" }, true],
    ["x.io/a=b , c", { "x.io/a": "b", c: "" }, true],
    ["constructor", {}, false],
    ["!__proto__a,toString!=x", {}, true],
  ])("%s on %j is %s", (text, labels, result) => {
    if (text.startsWith("!__proto__a")) expect(() => parseLabelSelector(text)).toThrow("Invalid value");
    else expect(parseLabelSelector(text).matches(labels)).toBe(result);
  });
  it.each([
    ["a b", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"],
    ["a=b,", "found '', expected: identifier after ','"],
    ["a=b c", "found 'c', expected: ',' or 'end of string'"],
    ["=a", "found '=', expected: !, identifier, or 'end of string'"],
    ["a in b", "unable to parse requirement: found 'b' expected: '('"],
    [
      "a=/x",
      'unable to parse requirement: values[0][a]: Invalid value: "/x": a valid label must be an empty string or',
    ],
    [
      "a>x",
      "unable to parse requirement: values[0]: Invalid value: \"x\": for 'Gt', 'Lt' operators, the value must be",
    ],
    ["/a=b", 'unable to parse requirement: <nil>: Invalid value: "/a": prefix part must be non-empty'],
  ])("refuses %s", (text, message) => {
    expect(() => parseLabelSelector(text)).toThrow(message);
  });
  it("prints the canonical form, which parses to the same", () => {
    expect(parseLabelSelector("c notin (z, y),a==1,!b, d").toString()).toBe("a==1,!b,c notin (y,z),d");
    const name = fc.stringMatching(/^[a-z]{1,3}$/);
    const term = fc.oneof(
      fc.tuple(name, fc.constantFrom("=", "==", "!="), name).map((parts) => parts.join("")),
      fc
        .tuple(name, fc.constantFrom("in", "notin"), fc.array(name, { minLength: 1, maxLength: 3 }))
        .map(([key, op, values]) => `${key} ${op} (${values.join(",")})`),
      name,
      name.map((key) => `!${key}`),
    );
    const labels = fc.dictionary(name, name, { maxKeys: 4 });
    fc.assert(
      fc.property(fc.array(term, { maxLength: 4 }), labels, (terms, set) => {
        const selector = parseLabelSelector(terms.join(","));
        const again = parseLabelSelector(selector.toString());
        expect(again.toString()).toBe(selector.toString());
        expect(again.matches(set)).toBe(selector.matches(set));
      }),
    );
  });
});

describe("labelSelectorFrom", () => {
  it("takes labels and expressions together", () => {
    const selector = labelSelectorFrom({
      matchLabels: { app: "web" },
      matchExpressions: [{ key: "tier", operator: "NotIn", values: ["db"] }],
    });
    expect(selector.toString()).toBe("app=web,tier notin (db)");
    expect(selector.matches({ app: "web" })).toBe(true);
    expect(selector.matches({ app: "web", tier: "db" })).toBe(false);
  });
  it("matches nothing when absent and everything when empty", () => {
    expect(labelSelectorFrom(undefined).matches({})).toBe(false);
    expect(labelSelectorFrom({}).matches({ a: "b" })).toBe(true);
    expect(labelSelectorFromSet({ a: "b" }).matches({ a: "b", c: "d" })).toBe(true);
  });
  it("refuses an operator it does not know", () => {
    expect(() => labelSelectorFrom({ matchExpressions: [{ key: "a", operator: "Near" }] })).toThrow(
      '"Near" is not a valid label selector operator',
    );
  });
});
