import { describe, expect, it } from "vitest";
import * as names from "../../../src/machinery/meta/names.ts";

describe("name rules", () => {
  it.each([
    [names.dns1123Label, "a-1", true],
    [names.dns1123Label, "a.b", "must not contain dots"],
    [names.dns1123Label, "A", "a lowercase RFC 1123 label must consist of"],
    [names.dns1123Label, "a".repeat(64), "must be no more than 63 characters"],
    [names.dns1035Label, "1a", "a DNS-1035 label must consist of"],
    [names.dns1123Subdomain, "a.b-c.d", true],
    [names.dns1123Subdomain, "a..b", "a lowercase RFC 1123 subdomain must consist of"],
    [names.wildcardDns1123Subdomain, "*.a.b", true],
    [names.wildcardDns1123Subdomain, "*.*.a", "a wildcard DNS-1123 subdomain must start with"],
    [names.pathSegmentName, "system:node", true],
    [names.pathSegmentName, "a/b%", "may not contain '/'"],
    [names.pathSegmentName, "..", "may not be '..'"],
    [names.qualifiedNameRule, "x.io/Name_1", true],
    [names.qualifiedNameRule, "/a", "prefix part must be non-empty"],
    [names.qualifiedNameRule, "a/", "name part must be non-empty"],
    [names.qualifiedNameRule, "a/b/c", "a valid label key must consist of alphanumeric characters"],
    [names.labelValueRule, "", true],
    [names.labelValueRule, "a b", "a valid label must be an empty string"],
    [names.portName, "http-1", true],
    [names.portName, "1", "must contain at least one letter (a-z)"],
    [names.portName, "a--b", "must not contain consecutive hyphens"],
    [names.configMapKeyRule, "a.b_C-d", true],
    [names.configMapKeyRule, "..a", "must not start with '..'"],
    [names.configMapKeyRule, "a/b", "a valid config key must consist of"],
    [names.relaxedEnvVarName, "a b!", true],
    [names.relaxedEnvVarName, "a=b", "printable ASCII characters other than '='"],
    [names.envVarNameRule, "1a", "a valid environment variable name must consist of alphabetic"],
    [names.percentRule, "5%", true],
    [names.percentRule, "5", "a valid percent string"],
    [names.httpHeaderName, "X-A", true],
    [names.cIdentifierRule, "1", "a valid C identifier"],
  ] as const)("%o of %j", (rule, value, expected) => {
    const errors = rule(value);
    if (expected === true) expect(errors).toEqual([]);
    else expect(errors[0]).toContain(expected);
  });
  it("is quick on long names", () => {
    const started = performance.now();
    names.dns1123Subdomain(`${"a-".repeat(2_000)}!`);
    names.dns1123Subdomain(`${"a".repeat(1_000_000)}!`);
    names.qualifiedNameRule("a".repeat(1_000_000));
    expect(performance.now() - started).toBeLessThan(200);
  });
  it("takes ports between 1 and 65535", () => {
    expect(names.portNumber(80)).toEqual([]);
    expect(names.portNumber(0)).toEqual(["must be between 1 and 65535, inclusive"]);
  });
});
