import { describe, expect, it } from "vitest";
import { globalFlags } from "../../src/cli/flags/global.ts";
import { parseFlags, splitCommand } from "../../src/cli/flags/parse.ts";
import type { FlagTable } from "../../src/cli/flags/types.ts";

const table = {
  output: { type: "string", short: "o", usage: "" },
  watch: { type: "bool", short: "w", usage: "" },
  "all-namespaces": { type: "bool", short: "A", usage: "" },
  "chunk-size": { type: "int", usage: "", default: 500 },
  timeout: { type: "duration", usage: "", default: 0 },
  filename: { type: "strings", short: "f", usage: "" },
  "dry-run": { type: "string", usage: "", default: "none", bare: "client" },
  wait: { type: "bool", usage: "", default: true },
} satisfies FlagTable;

const values = (...argv: string[]) => parseFlags(table, argv).values;

describe("flags", () => {
  it.each([
    [["-o", "yaml"], { output: "yaml" }],
    [["-oyaml"], { output: "yaml" }],
    [["-o=yaml"], { output: "yaml" }],
    [["--output", "yaml"], { output: "yaml" }],
    [["--output=jsonpath={.a=b}"], { output: "jsonpath={.a=b}" }],
    [["-wA"], { watch: true, allNamespaces: true }],
    [["-wAo", "wide"], { watch: true, allNamespaces: true, output: "wide" }],
    [["--watch=false"], { watch: false }],
    [["--wait=false"], { wait: false }],
    [["--dry-run"], { dryRun: "client" }],
    [["--dry-run=server"], { dryRun: "server" }],
    [["-f", "a,b", "-f", "-"], { filename: ["a", "b", "-"] }],
    [["--chunk-size", "-1"], { chunkSize: -1 }],
    [["--timeout=1m30s"], { timeout: 90_000 }],
  ] as const)("%j", (argv, expected) => expect(values(...argv)).toMatchObject(expected));

  it("stand before, between and behind words; -- ends them", () => {
    const { words, dash, given } = parseFlags(table, ["pods", "-w", "a", "--", "ls", "-l"]);
    expect([words, dash, [...given]]).toEqual([["pods", "a", "ls", "-l"], 2, ["watch"]]);
  });

  it.each([
    ["--nope", "unknown flag: --nope"],
    ["-x", "unknown shorthand flag: 'x' in -x"],
    ["-wx", "unknown shorthand flag: 'x' in -x"],
    ["-o", "flag needs an argument: 'o' in -o"],
    ["--output", "flag needs an argument: --output"],
    ["--chunk-size=x", 'invalid argument "x" for "--chunk-size" flag: strconv.ParseInt: parsing "x": invalid syntax'],
    ["-A=x", 'invalid argument "x" for "-A, --all-namespaces" flag: strconv.ParseBool: parsing "x": invalid syntax'],
    ["--timeout=5", 'invalid argument "5" for "--timeout" flag: time: missing unit in duration "5"'],
    ["--timeout=x", 'invalid argument "x" for "--timeout" flag: time: invalid duration "x"'],
  ])("%s: %s", (argument, message) => expect(() => values(argument)).toThrow(message));
});

describe("the command", () => {
  it.each([
    [["get", "pods"], "get", ["pods"]],
    [["-n", "web", "get", "pods"], "get", ["-n", "web", "pods"]],
    [["--namespace=web", "get"], "get", ["--namespace=web"]],
    [["--insecure-skip-tls-verify", "get"], "get", ["--insecure-skip-tls-verify"]],
    [["--help"], undefined, ["--help"]],
  ])("of %j is %s", (argv, word, rest) => expect(splitCommand(globalFlags, argv)).toEqual({ word, rest }));
});
