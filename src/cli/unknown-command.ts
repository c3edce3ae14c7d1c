import type { CommandEntry } from "./commands.ts";
import { ExitError } from "./exit-error.ts";

/** How far a name may be from what was typed and still be what was meant: cobra's distance. */
const nearby = 2;

/** The error for a command that does not exist, with those that may have been meant. */
export function unknownCommand(word: string, commands: readonly CommandEntry[]): ExitError {
  const meant = commands
    .map(({ name }) => name)
    .filter((name) => distance(word.toLowerCase(), name) <= nearby || name.startsWith(word.toLowerCase()));
  const hint = meant.length > 0 ? `\n\nDid you mean this?\n\t${meant.join("\n\t")}` : "";
  return new ExitError(1, `error: unknown command "${word}" for "kl"${hint}`);
}

/** Levenshtein's. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [index, left] of [...a].entries()) {
    const next = [index + 1];
    for (const [column, right] of [...b].entries()) {
      next.push(
        Math.min((next[column] ?? 0) + 1, (row[column + 1] ?? 0) + 1, (row[column] ?? 0) + Number(left !== right)),
      );
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
