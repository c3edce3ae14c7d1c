import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  canonicalMicroTime,
  canonicalTime,
  formatGoDuration,
  parseGoDuration,
} from "../../../src/machinery/schema/go-time.ts";

describe("canonicalTime", () => {
  it.each([
    ["2026-02-03T04:05:06Z", "2026-02-03T04:05:06Z"],
    ["2026-02-03T04:05:06.999Z", "2026-02-03T04:05:06Z"],
    ["2026-02-03T00:05:06+02:00", "2026-02-02T22:05:06Z"],
    ["2024-02-29T00:00:00-00:30", "2024-02-29T00:30:00Z"],
    ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"],
  ])("%s is %s", (text, canonical) => {
    expect(canonicalTime(text)).toBe(canonical);
  });
  it.each([
    ["", 'parsing time "" as "2006-01-02T15:04:05Z07:00": cannot parse "" as "2006"'],
    ["2026", 'parsing time "2026" as "2006-01-02T15:04:05Z07:00": cannot parse "" as "-"'],
    ["2026-13-01T00:00:00Z", 'parsing time "2026-13-01T00:00:00Z": month out of range'],
    ["2026-02-30T00:00:00Z", 'parsing time "2026-02-30T00:00:00Z": day out of range'],
    ["2026-02-03T25:00:00Z", 'parsing time "2026-02-03T25:00:00Z": hour out of range'],
    ["2026-02-03T00:00:00", 'cannot parse "" as "Z07:00"'],
    ["2026-02-03T00:00:00Zx", 'parsing time "2026-02-03T00:00:00Zx": extra text: "x"'],
    ["2026-02-03 00:00:00Z", 'cannot parse " 00:00:00Z" as "T"'],
  ])("refuses %j", (text, message) => {
    expect(() => canonicalTime(text)).toThrow(message);
  });
  it("agrees with Date", () => {
    const dates = fc.date({ min: new Date("0001-01-01"), max: new Date("9999-12-31"), noInvalidDate: true });
    fc.assert(
      fc.property(dates, (date) => {
        expect(canonicalTime(date.toISOString())).toBe(`${date.toISOString().slice(0, 19)}Z`);
      }),
    );
  });
});

describe("canonicalMicroTime", () => {
  it("has six decimals", () => {
    expect(canonicalMicroTime("2026-02-03T04:05:06.123456789+01:00")).toBe("2026-02-03T03:05:06.123456Z");
    expect(canonicalMicroTime("2026-02-03T04:05:06.5Z")).toBe("2026-02-03T04:05:06.500000Z");
  });
});

describe("Go durations", () => {
  it.each([
    ["0", "0s"],
    ["1h", "1h0m0s"],
    ["90m", "1h30m0s"],
    ["1.5s", "1.5s"],
    ["100ms", "100ms"],
    ["1us", "1µs"],
    ["-2m3.25s", "-2m3.25s"],
    ["3ns", "3ns"],
    [".5h", "30m0s"],
  ])("%s is written %s", (text, canonical) => {
    expect(formatGoDuration(parseGoDuration(text))).toBe(canonical);
  });
  it.each([
    ["", 'time: invalid duration ""'],
    ["5", 'time: missing unit in duration "5"'],
    ["5x", 'time: unknown unit "x" in duration "5x"'],
    ["1h.", 'time: invalid duration "1h."'],
  ])("refuses %j", (text, message) => {
    expect(() => parseGoDuration(text)).toThrow(message);
  });
  it("keep their value through their text", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n }), (nanos) => {
        expect(parseGoDuration(formatGoDuration(nanos))).toBe(nanos);
      }),
    );
  });
});
