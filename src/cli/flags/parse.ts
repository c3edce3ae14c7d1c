/** Reads a command line as pflag does: `--name value`, `--name=value`, `-n value`, `-nvalue`, `-wA`, flags behind words, `--`. */
import { parseDuration } from "../duration.ts";
import { type Flag, FlagError, type FlagTable, type FlagValue } from "./types.ts";

export interface ParsedLine {
  /** By camelCase name: what was given, and the defaults. */
  readonly values: Readonly<Record<string, FlagValue>>;
  /** The camelCase names of the flags that were given. */
  readonly given: ReadonlySet<string>;
  readonly words: readonly string[];
  /** How many of the words stood before `--`; undefined where there was none. */
  readonly dash: number | undefined;
}

/** Throws FlagError. */
export function parseFlags(table: FlagTable, argv: readonly string[]): ParsedLine {
  const values: Record<string, FlagValue> = {};
  const given = new Set<string>();
  const words: string[] = [];
  let dash: number | undefined;
  for (const [name, flag] of Object.entries(table)) {
    const byDefault = flag.default ?? (flag.type === "bool" ? false : undefined);
    if (byDefault !== undefined) values[camelCase(name)] = byDefault;
  }
  const set = (name: string, flag: Flag, text: string): void => {
    const key = camelCase(name);
    const value = convert(name, flag, text);
    // The first one replaces the default, the others add to it.
    values[key] = Array.isArray(value) && given.has(key) ? [...(values[key] as readonly string[]), ...value] : value;
    given.add(key);
  };

  for (let index = 0; index < argv.length; index += 1) {
    const argument = argv[index] ?? "";
    if (argument === "--") {
      dash = words.length;
      words.push(...argv.slice(index + 1));
      break;
    }
    if (!argument.startsWith("-") || argument === "-") {
      words.push(argument);
      continue;
    }
    const next = (needed: string): string => {
      index += 1;
      const value = argv[index];
      if (value === undefined) throw new FlagError(`flag needs an argument: ${needed}`);
      return value;
    };
    if (argument.startsWith("--")) {
      const equals = argument.indexOf("=");
      const name = argument.slice(2, equals < 0 ? undefined : equals);
      if (name === "" || name.startsWith("-")) throw new FlagError(`bad flag syntax: ${argument}`);
      const flag = Object.hasOwn(table, name) ? table[name] : undefined;
      if (!flag) throw new FlagError(`unknown flag: --${name}`);
      set(name, flag, equals >= 0 ? argument.slice(equals + 1) : (bareValue(flag) ?? next(`--${name}`)));
      continue;
    }
    for (let rest = argument.slice(1); rest !== ""; ) {
      const letter = rest[0] ?? "";
      const found = Object.entries(table).find(([, { short }]) => short === letter);
      if (!found) throw new FlagError(`unknown shorthand flag: '${letter}' in -${rest}`);
      const [name, flag] = found;
      const bare = bareValue(flag);
      const attached = rest.slice(1);
      rest = "";
      if (attached.startsWith("=")) set(name, flag, attached.slice(1));
      else if (bare !== undefined) {
        set(name, flag, bare);
        rest = attached;
      } else set(name, flag, attached !== "" ? attached : next(`'${letter}' in -${letter}`));
    }
  }
  return { values, given, words, dash };
}

/**
 * Splits off the first word, stepping over flags and their values as far as `table` knows them:
 * `-n web get pods` is the command get.
 */
export function splitCommand(
  table: FlagTable,
  argv: readonly string[],
): { readonly word: string | undefined; readonly rest: readonly string[] } {
  for (let index = 0; index < argv.length; index += 1) {
    const argument = argv[index] ?? "";
    if (argument === "--") break;
    if (!argument.startsWith("-") || argument === "-") {
      return { word: argument, rest: [...argv.slice(0, index), ...argv.slice(index + 1)] };
    }
    const flag = argument.startsWith("--")
      ? table[argument.slice(2)]
      : argument.length === 2
        ? Object.values(table).find(({ short }) => short === argument[1])
        : undefined;
    if (flag && bareValue(flag) === undefined) index += 1;
  }
  return { word: undefined, rest: argv };
}

function bareValue(flag: Flag): string | undefined {
  return flag.type === "bool" ? "true" : flag.bare;
}

const truths: Readonly<Record<string, boolean>> = {
  ...Object.fromEntries(["1", "t", "T", "TRUE", "true", "True"].map((text) => [text, true])),
  ...Object.fromEntries(["0", "f", "F", "FALSE", "false", "False"].map((text) => [text, false])),
};

function convert(name: string, flag: Flag, text: string): FlagValue {
  switch (flag.type) {
    case "bool": {
      const value = truths[text];
      if (value === undefined) throw invalid(name, flag, text, `strconv.ParseBool: parsing "${text}": invalid syntax`);
      return value;
    }
    case "int": {
      const value = /^[-+]?\d+$/.test(text) ? Number(text) : Number.NaN;
      if (Number.isNaN(value)) throw invalid(name, flag, text, `strconv.ParseInt: parsing "${text}": invalid syntax`);
      return value;
    }
    case "duration": {
      const value = parseDuration(text);
      if (value === undefined) throw invalid(name, flag, text, `time: ${durationMistake(text)}`);
      return value;
    }
    case "strings":
      return text === "" ? [] : text.split(",");
    default:
      return text;
  }
}

function durationMistake(text: string): string {
  return /^[-+]?\d+(\.\d*)?$/.test(text) ? `missing unit in duration "${text}"` : `invalid duration "${text}"`;
}

function invalid(name: string, { short }: Flag, text: string, reason: string): FlagError {
  return new FlagError(`invalid argument "${text}" for "${short ? `-${short}, ` : ""}--${name}" flag: ${reason}`);
}

function camelCase(name: string): string {
  return name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
