/** Finds the command, loads it and nothing else, and turns whatever is thrown into lines on stderr and an exit code. */
import { StatusError } from "../machinery/status/error.ts";
import type { Command } from "./command.ts";
import { commands } from "./commands.ts";
import { ExitError } from "./exit-error.ts";
import { globalFlags } from "./flags/global.ts";
import { parseFlags, splitCommand } from "./flags/parse.ts";
import { FlagError } from "./flags/types.ts";
import { errorLine } from "./print/error.ts";

export async function main(argv: readonly string[]): Promise<void> {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    // `kl get … | head` closes the pipe early; that is no failure.
    if (error.code === "EPIPE") process.exit(0);
    throw error;
  });
  try {
    await dispatch(argv);
  } catch (error) {
    report(error);
  }
}

async function dispatch(argv: readonly string[]): Promise<void> {
  const { word, rest } = splitCommand(globalFlags, argv);
  if (word === undefined) {
    const { programHelp } = await import("./help.ts");
    process.stdout.write(programHelp(commands));
    return;
  }
  const entry = commands.find(({ name }) => name === word);
  if (!entry) {
    const { unknownCommand } = await import("./unknown-command.ts");
    throw unknownCommand(word, commands);
  }
  const loaded = await entry.load();
  if (!("subcommands" in loaded)) return run(entry.name, entry.summary, loaded, rest);
  const inner = splitCommand(globalFlags, rest);
  const subcommand = inner.word === undefined ? undefined : loaded.subcommands[inner.word];
  if (subcommand) return run(`${entry.name} ${inner.word}`, subcommand.summary, subcommand, inner.rest);
  if (inner.word !== undefined) {
    throw new ExitError(1, `error: unknown command "${inner.word}"\nSee 'kl ${entry.name} -h' for help and examples`);
  }
  const { groupHelp } = await import("./help.ts");
  process.stdout.write(groupHelp(entry.name, entry.summary, loaded));
  // As kubectl: a command that is not whole is a mistake, unless help was asked for.
  if (!rest.includes("--help") && !rest.includes("-h")) process.exitCode = 1;
}

async function run(name: string, summary: string, command: Command, argv: readonly string[]): Promise<void> {
  try {
    const { values, given, words, dash } = parseFlags({ ...globalFlags, ...command.flags }, argv);
    if (values.help) {
      const { commandHelp } = await import("./help.ts");
      process.stdout.write(commandHelp(name, summary, command));
      return;
    }
    await command.run({ words, flags: values, given, dash });
  } catch (error) {
    if (!(error instanceof FlagError)) throw error;
    throw new ExitError(1, `error: ${error.message}\nSee 'kl ${name} --help' for usage.`);
  }
}

function report(error: unknown): void {
  if (error instanceof ExitError) {
    if (error.message !== "") process.stderr.write(`${error.message}\n`);
    process.exitCode = error.exitCode;
    return;
  }
  process.exitCode = 1;
  if (error instanceof StatusError) {
    process.stderr.write(`${errorLine(error)}\n`);
    return;
  }
  const text = error instanceof Error ? error.message : String(error);
  process.stderr.write(`error: ${text}\n`);
  if (process.env.KL_DEBUG && error instanceof Error) process.stderr.write(`${error.stack}\n`);
}
