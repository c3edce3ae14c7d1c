/** `--help`, from the same tables that the command line is read with. */

import type { Command, CommandGroup } from "./command.ts";
import type { CommandEntry } from "./commands.ts";
import { durationText } from "./duration.ts";
import { globalFlags } from "./flags/global.ts";
import type { FlagTable } from "./flags/types.ts";

export function programHelp(commands: readonly CommandEntry[]): string {
  return `kl: Kubernetes in one process

Commands:
${columns(commands.map(({ name, summary }) => [`  ${name}`, summary]))}
Use "kl <command> --help" for the flags of a command.
`;
}

export function groupHelp(name: string, summary: string, { subcommands }: CommandGroup): string {
  return `${summary}

Commands:
${columns(Object.entries(subcommands).map(([sub, command]) => [`  ${sub}`, command.summary]))}
Usage:
  kl ${name} SUBCOMMAND [flags]

Use "kl ${name} <command> --help" for the flags of a command.
`;
}

export function commandHelp(name: string, summary: string, { usage, flags }: Command): string {
  return `${summary}

Usage:
  kl ${name} ${usage}

Flags:
${flagLines(flags)}
Flags of every command:
${flagLines(globalFlags)}`;
}

function flagLines(table: FlagTable): string {
  return columns(
    Object.entries(table)
      .filter(([, { hidden }]) => !hidden)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, { short, type, usage, bare, default: byDefault }]) => [
        `  ${short ? `-${short}, ` : "    "}--${name}${type === "bool" || bare !== undefined ? "" : ` ${type.toUpperCase()}`}`,
        `${usage}${byDefault === undefined || byDefault === false || byDefault === "" ? "" : ` (default: ${type === "duration" ? durationText(Number(byDefault)) : byDefault})`}`,
      ]),
  );
}

function columns(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([first]) => first.length)) + 3;
  return rows.map(([first, second]) => `${first.padEnd(width)}${second}\n`).join("");
}
