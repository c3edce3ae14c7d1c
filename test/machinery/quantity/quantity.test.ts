import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Quantity } from "../../../src/machinery/quantity/quantity.ts";
import { quantityMilliValue, quantityValue } from "../../../src/machinery/quantity/read.ts";

describe("Quantity", () => {
  it.each([
    ["0", "0"],
    ["0m", "0"],
    ["-", "0"],
    ["1", "1"],
    ["1000m", "1"],
    ["1500m", "1500m"],
    ["0.5", "500m"],
    ["1.5", "1500m"],
    [".5", "500m"],
    ["1.5Gi", "1536Mi"],
    ["1Gi", "1Gi"],
    ["1024Mi", "1Gi"],
    ["1000Ki", "1000Ki"],
    ["1023", "1023"],
    ["512Mi", "512Mi"],
    ["1000k", "1M"],
    ["1e3", "1e3"],
    ["12E6", "12E6"],
    ["1000e3", "1e6"],
    ["0.1n", "1n"],
    ["-1", "-1"],
    ["-0.5", "-500m"],
    ["0.5Ki", "512"],
    ["0.1Gi", "107374182400m"],
    ["100Ti", "100Ti"],
    ["16Ei", "9223372036854775807"],
    ["123456789012345678901234567890", "123456789012345678901234567890"],
  ])("writes %s as %s", (text, canonical) => {
    expect(Quantity.parse(text).toString()).toBe(canonical);
  });
  it.each(["", "abc", "1.2.3", "1 ", "1Gi5x", "true"])("refuses %j by its shape", (text) => {
    expect(() => Quantity.parse(text)).toThrow(
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    );
  });
  it.each(["1ki", "1kK", "--1", "1e", "1i", "1e99999999999"])("refuses the suffix of %j", (text) => {
    expect(() => Quantity.parse(text)).toThrow("unable to parse quantity's suffix");
  });
  it("rounds up when asked for whole units", () => {
    expect(Quantity.parse("1500m").value()).toBe(2);
    expect(Quantity.parse("-1500m").value()).toBe(-2);
    expect(Quantity.parse("1u").milliValue()).toBe(1);
    expect(quantityValue("128Mi")).toBe(134217728);
    expect(quantityMilliValue("0.25")).toBe(250);
    expect(quantityValue(undefined)).toBe(0);
  });
  it("adds in the format of the first that is not zero", () => {
    expect(Quantity.zero.add(Quantity.parse("1Gi")).toString()).toBe("1Gi");
    expect(Quantity.parse("1Gi").add(Quantity.parse("1024Mi")).toString()).toBe("2Gi");
    expect(Quantity.parse("1").sub(Quantity.parse("250m")).toString()).toBe("750m");
  });

  const suffix = fc.constantFrom("", "n", "u", "m", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "e3", "E-3");
  const any = fc
    .tuple(fc.bigInt({ min: -(10n ** 9n), max: 10n ** 9n }), fc.option(fc.nat(999)), suffix)
    .map(([whole, decimals, end]) => `${whole}${decimals === null ? "" : `.${decimals}`}${end}`);
  it("keeps its value through its text", () => {
    fc.assert(
      fc.property(any, (text) => {
        const quantity = Quantity.parse(text);
        const again = Quantity.parse(quantity.toString());
        expect(again.compare(quantity)).toBe(0);
        expect(Quantity.parse(again.toString()).toString()).toBe(again.toString());
      }),
    );
  });
  it("adds and subtracts exactly", () => {
    fc.assert(
      fc.property(any, any, (a, b) => {
        const sum = Quantity.parse(a).add(Quantity.parse(b));
        expect(sum.sub(Quantity.parse(b)).compare(Quantity.parse(a))).toBe(0);
      }),
    );
  });
});
