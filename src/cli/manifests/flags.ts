/** Flags that every command with `-f` has, and what they mean for a request. */
import { ExitError } from "../exit-error.ts";
import type { FlagTable } from "../flags/types.ts";

export interface ManifestFlags {
  readonly filename?: readonly string[];
  readonly recursive?: boolean;
  readonly dryRun?: string;
  readonly validate?: string;
  readonly output?: string;
  readonly showManagedFields?: boolean;
}

export const manifestFlags = {
  filename: { type: "strings", short: "f", usage: "file, folder or URL with manifests; - for stdin" },
  recursive: { type: "bool", short: "R", usage: "look into folders below, too" },
} satisfies FlagTable;

export const outputFlags = {
  output: { type: "string", short: "o", usage: "yaml, json, name, jsonpath=…" },
  "show-managed-fields": { type: "bool", usage: "keep managedFields in yaml and json" },
} satisfies FlagTable;

export const dryRunFlags = {
  "dry-run": { type: "string", usage: "none, client or server", default: "none", bare: "client" },
} satisfies FlagTable;

export const validateFlags = {
  validate: {
    type: "string",
    usage: "strict, warn or ignore (true and false mean strict and ignore)",
    default: "strict",
    bare: "strict",
  },
} satisfies FlagTable;

export function dryRunOf(flags: ManifestFlags): "none" | "client" | "server" {
  const mode = flags.dryRun ?? "none";
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

/** kubectl's complaint about words where a command takes flags alone. */
export function refuseWords(command: string, words: readonly string[]): void {
  if (words.length === 0) return;
  throw new ExitError(1, `error: Unexpected args: [${words.join(" ")}]\nSee 'kl ${command} -h' for help and examples`);
}

export function filenames(flags: ManifestFlags): readonly string[] {
  if (!flags.filename || flags.filename.length === 0) throw new ExitError(1, "error: must specify one of -f and -k");
  return flags.filename;
}

/** " (dry run)", " (server dry run)" behind what was done. */
export function dryRunSuffix(mode: ReturnType<typeof dryRunOf>): string {
  return mode === "none" ? "" : mode === "server" ? " (server dry run)" : " (dry run)";
}
