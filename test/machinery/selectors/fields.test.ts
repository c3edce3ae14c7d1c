import { describe, expect, it } from "vitest";
import { escapeFieldValue, parseFieldSelector } from "../../../src/machinery/selectors/fields.ts";

describe("parseFieldSelector", () => {
  const get = (fields: Record<string, string>) => (field: string) => fields[field] ?? "";
  it("knows =, == and !=", () => {
    const selector = parseFieldSelector("metadata.name==a,spec.nodeName!=,x=1");
    expect(selector.matches(get({ "metadata.name": "a", "spec.nodeName": "n", x: "1" }))).toBe(true);
    expect(selector.matches(get({ "metadata.name": "a", x: "1" }))).toBe(false);
    expect(selector.exact("metadata.name")).toBe("a");
    expect(selector.exact("spec.nodeName")).toBeUndefined();
    expect(selector.toString()).toBe("metadata.name=a,spec.nodeName!=,x=1");
  });
  it("unescapes values", () => {
    const value = "a,b=c\\d";
    expect(parseFieldSelector(`x=${escapeFieldValue(value)}`).exact("x")).toBe(value);
    expect(() => parseFieldSelector("x=\\q")).toThrow("invalid escape sequence");
    expect(() => parseFieldSelector("a=b=c")).toThrow("unescaped character");
  });
  it("refuses what it cannot understand", () => {
    expect(() => parseFieldSelector("abc")).toThrow("invalid selector: 'abc'; can't understand 'abc'");
  });
});
