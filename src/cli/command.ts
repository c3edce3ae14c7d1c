/** What a command is: flags as data, and a function that is called with what was typed. */
import type { FlagTable } from "./flags/types.ts";

export interface Invocation<Flags> {
  readonly words: readonly string[];
  readonly flags: Flags;
  /** The names (camelCase) of the flags that were given; the others have their defaults. */
  readonly given: ReadonlySet<string>;
  /** How many of the words stood before `--`; undefined where there was none. */
  readonly dash: number | undefined;
}

export interface Command {
  /** The usage line behind "kl get": "(TYPE[/NAME] | TYPE NAME…) [flags]". */
  readonly usage: string;
  readonly flags: FlagTable;
  run(invocation: Invocation<unknown>): Promise<void>;
}

/** A command that only has others below it: `kl rollout status`. */
export interface CommandGroup {
  readonly subcommands: Readonly<Record<string, Command & { readonly summary: string }>>;
}

/** The flags that the table describes are what `Flags` says: nothing but the command's own file states both. */
export function defineCommand<Flags>(command: {
  readonly usage: string;
  readonly flags: FlagTable;
  run(invocation: Invocation<Flags>): Promise<void>;
}): Command {
  return command as Command;
}
