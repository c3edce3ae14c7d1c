import { Command } from "commander";
import { type CommandEntry, commands } from "./commands.ts";
import { ExitError } from "./exit-error.ts";

/** The program with one command loaded; the others are there for --help and "unknown command" alone. */
export async function buildProgram(wanted: CommandEntry | undefined): Promise<Command> {
  const program = new Command("kl")
    .description("Kubernetes in one process")
    .showHelpAfterError("(add --help for the flags)")
    .exitOverride((stop) => {
      throw new ExitError(stop.exitCode, "");
    });
  for (const entry of commands) {
    const command = program.command(entry.name).description(entry.summary);
    command.copyInheritedSettings(program);
    if (entry === wanted) await (await entry.load()).configure(command);
  }
  return program;
}
