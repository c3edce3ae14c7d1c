#!/usr/bin/env node
import { StatusError } from "../machinery/status/error.ts";
/** `kl`: finds the command, loads it and nothing else, and turns whatever is thrown into one line and an exit code. */
import { commands } from "./commands.ts";
import { ExitError } from "./exit-error.ts";
import { serverErrorLine } from "./print/error.ts";

const minimumNode = 22;

async function main(argv: readonly string[]): Promise<void> {
  const major = Number(process.versions.node.split(".")[0]);
  if (major < minimumNode) {
    throw new ExitError(1, `kl needs Node ${minimumNode} or newer; this is ${process.version}`);
  }
  const name = argv.find((argument) => !argument.startsWith("-"));
  const entry = name === undefined ? undefined : commands.find((command) => command.name === name);
  const { buildProgram } = await import("./program.ts");
  const program = await buildProgram(entry);
  await program.parseAsync(argv, { from: "user" });
}

function report(error: unknown): void {
  if (error instanceof ExitError) {
    if (error.message !== "") process.stderr.write(`${error.message}\n`);
    process.exitCode = error.exitCode;
    return;
  }
  if (error instanceof StatusError) {
    process.stderr.write(`${serverErrorLine(error)}\n`);
    process.exitCode = 1;
    return;
  }
  const text = error instanceof Error ? error.message : String(error);
  process.stderr.write(`error: ${text}\n`);
  if (process.env.KL_DEBUG && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  process.exitCode = 1;
}

process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  // `kl get … | head` closes the pipe early; that is no failure.
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

main(process.argv.slice(2)).catch(report);
