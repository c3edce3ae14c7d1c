/** Flags that every command with `-f` has, and what they mean for a request. */
import type { Command } from "commander";
import { ExitError } from "../exit-error.ts";

export interface ManifestFlags {
  readonly filename?: readonly string[];
  readonly recursive?: boolean;
  readonly dryRun?: boolean | string;
  readonly validate?: boolean | string;
  readonly output?: string;
  readonly showManagedFields?: boolean;
}

export function addManifestFlags(command: Command): Command {
  const collect = (value: string, previous: readonly string[] = []): string[] => [...previous, ...value.split(",")];
  return command
    .option("-f, --filename <FILE>", "file, folder or URL with manifests; - for stdin", collect)
    .option("-R, --recursive", "look into folders below, too")
    .option("-o, --output <FORMAT>", "yaml, json, name, jsonpath=…")
    .option("--show-managed-fields", "keep managedFields in yaml and json");
}

export function addDryRunFlag(command: Command): Command {
  return command
    .option("--dry-run [MODE]", "none, client or server")
    .option("--validate [MODE]", "strict, warn or ignore (true and false mean strict and ignore)", "strict");
}

export function dryRunOf(flags: ManifestFlags): "none" | "client" | "server" {
  const mode = flags.dryRun === true ? "client" : (flags.dryRun ?? "none");
  if (mode === "none" || mode === "client" || mode === "server") return mode;
  throw new ExitError(1, `error: Invalid dry-run value (${mode}). Must be "none", "server", or "client".`);
}

export function fieldValidationOf(flags: ManifestFlags): "Strict" | "Warn" | "Ignore" {
  switch (String(flags.validate ?? "strict")) {
    case "strict":
    case "true":
      return "Strict";
    case "warn":
      return "Warn";
    case "ignore":
    case "false":
      return "Ignore";
    default:
      throw new ExitError(
        1,
        `error: invalid - validate option "${flags.validate}"; must be one of: strict (or true), warn, ignore (or false)`,
      );
  }
}

export function filenames(flags: ManifestFlags): readonly string[] {
  if (!flags.filename || flags.filename.length === 0) throw new ExitError(1, "error: must specify one of -f and -k");
  return flags.filename;
}

/** " (dry run)", " (server dry run)" behind what was done. */
export function dryRunSuffix(mode: ReturnType<typeof dryRunOf>): string {
  return mode === "none" ? "" : mode === "server" ? " (server dry run)" : " (dry run)";
}
