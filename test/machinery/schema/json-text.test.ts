import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { JsonScanner } from "../../../src/machinery/schema/json-scanner.ts";
import { countKeys, duplicateKeys, parseJson } from "../../../src/machinery/schema/json-text.ts";

function keysIn(value: unknown): number {
  if (Array.isArray(value)) return value.reduce((sum: number, item) => sum + keysIn(item), 0);
  if (typeof value !== "object" || value === null) return 0;
  return Object.values(value).reduce((sum: number, item) => sum + 1 + keysIn(item), 0);
}

describe("JsonScanner", () => {
  it("finds fault exactly where JSON.parse does", () => {
    const broken = fc
      .tuple(fc.json(), fc.nat(), fc.constantFrom("", "}", "]", ",", '"', "\\", "e", "-", "0", "\u0001", " "))
      .map(([text, at, insert]) => {
        const place = at % (text.length + 1);
        return text.slice(0, place) + insert + text.slice(place + (at % 2));
      });
    fc.assert(
      fc.property(broken, (text) => {
        let valid = true;
        try {
          JSON.parse(text);
        } catch {
          valid = false;
        }
        expect(new JsonScanner(text, 1000).run().error === undefined).toBe(valid);
      }),
      { numRuns: 2000 },
    );
  });
});

describe("countKeys", () => {
  it("counts the keys of a value, however its text looks", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(undefined, 2), (value, indent) => {
        const body = Buffer.from(JSON.stringify(value, undefined, indent));
        // JSON.parse, so that "__proto__" counts as it will in a request.
        expect(countKeys(body)).toBe(keysIn(JSON.parse(body.toString())));
        expect(duplicateKeys(body)).toEqual([]);
      }),
    );
  });
  it("counts a key as often as it stands there", () => {
    const body = Buffer.from('{"a":{"b":1,"\\u0062":2},"c":[{"d":1},{"d":1,"d":[{"e":1,"e":2}]}]}');
    expect(countKeys(body)).toBe(9);
    expect(duplicateKeys(body)).toEqual(["a.b", "c[1].d", "c[1].d[0].e"]);
  });
});

describe("parseJson", () => {
  it("replaces what is no UTF-8", () => {
    expect(parseJson(Buffer.from([0x22, 0xff, 0x61, 0x22]))).toBe("\ufffda");
  });
});
