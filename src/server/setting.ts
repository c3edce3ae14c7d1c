/** The sorts of settings that `kl server` knows: how each is read, and what it is when nobody says. */

import { formatCidr, parseCidr } from "../machinery/net/cidr.ts";
import { formatGoDuration, parseGoDuration } from "../machinery/schema/go-time.ts";

/** A mistake of the user's, told in one line. */
export class ConfigError extends Error {
  override name = "ConfigError";
}

export interface Setting<T> {
  readonly flag: string;
  readonly description: string;
  /** How --help shows the value; absent for switches. */
  readonly value?: string;
  parse(text: string, name: string): T;
  default(): T;
}

export function text(flag: string, value: string, description: string, byDefault: () => string): Setting<string> {
  return { flag, value, description, parse: (raw) => raw, default: byDefault };
}

export function choice<T extends string>(
  flag: string,
  value: string,
  choices: readonly T[],
  byDefault: T,
  what = "",
): Setting<T> {
  return {
    flag,
    value,
    description: `${what}${choices.join(", ")} (default: ${byDefault})`,
    default: () => byDefault,
    parse(raw, name) {
      const chosen = choices.find((known) => known === raw);
      if (!chosen) throw new ConfigError(`${name} must be one of ${choices.join(", ")}, not "${raw}"`);
      return chosen;
    },
  };
}

/** An IPv4 range, its host bits cleared. */
export function cidr(flag: string, description: string, byDefault: string): Setting<string> {
  return {
    flag,
    value: "CIDR",
    description: `${description} (default: ${byDefault})`,
    default: () => byDefault,
    parse(raw, name) {
      const parsed = parseCidr(raw);
      if (!parsed || parsed.bits < 8 || parsed.bits > 30) {
        throw new ConfigError(`${name} must be an IPv4 range such as ${byDefault}, not "${raw}"`);
      }
      return formatCidr(parsed);
    },
  };
}

export function count(flag: string, description: string, byDefault: number, maximum: number): Setting<number> {
  return {
    flag,
    value: "N",
    description,
    default: () => byDefault,
    parse(raw, name) {
      const number = /^\d+$/.test(raw) ? Number(raw) : Number.NaN;
      if (!(number <= maximum))
        throw new ConfigError(`${name} must be a whole number from 0 to ${maximum}, not "${raw}"`);
      return number;
    },
  };
}

export function toggle(flag: string, description: string, byDefault: boolean): Setting<boolean> {
  return {
    flag,
    description,
    default: () => byDefault,
    parse(raw, name) {
      if (raw === "true" || raw === "1") return true;
      if (raw === "false" || raw === "0") return false;
      throw new ConfigError(`${name} must be true or false, not "${raw}"`);
    },
  };
}

/** As Go has it, "1m0s"; in ms. */
export function duration(flag: string, description: string, byDefault: number): Setting<number> {
  return {
    flag,
    value: "DURATION",
    description: `${description} (default: ${formatGoDuration(BigInt(byDefault) * 1_000_000n)})`,
    default: () => byDefault,
    parse(raw, name) {
      try {
        return Number(parseGoDuration(raw) / 1_000_000n);
      } catch {
        throw new ConfigError(`${name} must be a duration such as 1m0s, not "${raw}"`);
      }
    },
  };
}

/** Parts between commas. */
export function list(
  flag: string,
  value: string,
  description: string,
  byDefault: readonly string[],
): Setting<readonly string[]> {
  return {
    flag,
    value,
    description: byDefault.length === 0 ? description : `${description} (default: ${byDefault.join(",")})`,
    default: () => byDefault,
    parse: (raw) =>
      raw
        .split(",")
        .map((part) => part.trim())
        .filter((part) => part !== ""),
  };
}
