/** Flags as data. The rules are those of Go's pflag, which every kubectl user has in the fingers. */
export type FlagType = "bool" | "string" | "int" | "duration" | "strings";

export interface Flag {
  readonly type: FlagType;
  /** One letter. */
  readonly short?: string;
  readonly usage: string;
  /** Absent: the command finds undefined where the flag was not given (false for switches). */
  readonly default?: boolean | string | number | readonly string[];
  /** The value that the flag has without one (`--dry-run`); a value then needs the equals sign. Switches need none of this. */
  readonly bare?: string;
  /** Understood, and not shown by --help. */
  readonly hidden?: boolean;
}

/** By name without the dashes. A command finds the values by the same names in camelCase. */
export type FlagTable = Readonly<Record<string, Flag>>;

/** Durations are milliseconds. */
export type FlagValue = boolean | string | number | readonly string[];

/** A mistake on the command line: kubectl's words without "error: ". */
export class FlagError extends Error {
  override name = "FlagError";
}
