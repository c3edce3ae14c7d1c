/** The table of commands. Each is loaded only when it is asked for, so that `kl get` does not pay for `kl server`. */
import type { Command } from "commander";

export interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  /** Adds arguments, options and the action to a command that has its name and summary already. */
  load(): Promise<{ configure(command: Command): void | Promise<void> }>;
}

export const commands: readonly CommandEntry[] = [];
