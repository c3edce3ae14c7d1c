/** Reads manifests from files, folders, URLs and stdin, as `-f` and `-R` mean them. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { extname, join } from "node:path";
import { parseAllDocuments } from "yaml";
import type { UnstructuredObject } from "../../machinery/meta/object.ts";
import { ExitError } from "../exit-error.ts";

export interface Manifest {
  readonly object: UnstructuredObject;
  /** For messages: the file, URL or "STDIN". */
  readonly source: string;
}

const extensions = new Set([".json", ".yaml", ".yml"]);

export async function readManifests(names: readonly string[], recursive: boolean): Promise<Manifest[]> {
  const manifests: Manifest[] = [];
  for (const name of names) {
    if (name === "-") {
      manifests.push(...parseManifests(await readStdin(), "STDIN"));
    } else if (/^https?:\/\//.test(name)) {
      manifests.push(...parseManifests(await fetchText(name), name));
    } else {
      for (const file of filesOf(name, recursive)) {
        manifests.push(...parseManifests(readFileSync(file, "utf8"), file));
      }
    }
  }
  return manifests;
}

/** Those that a label selector leaves. */
export async function withLabels(manifests: readonly Manifest[], selector: string | undefined) {
  if (!selector) return manifests;
  const { parseLabelSelector } = await import("../../machinery/selectors/labels.ts");
  const chosen = parseLabelSelector(selector);
  return manifests.filter(({ object }) => chosen.matches(object.metadata.labels ?? {}));
}

/** Several documents to a file; a List counts as its items. */
export function parseManifests(text: string, source: string): Manifest[] {
  const manifests: Manifest[] = [];
  for (const document of parseAllDocuments(text, { version: "1.1", merge: true })) {
    const [problem] = document.errors;
    if (problem) {
      throw new ExitError(
        1,
        `error: error parsing ${source}: error converting YAML to JSON: ${problem.message.split("\n")[0]}`,
      );
    }
    const value: unknown = document.toJS({ maxAliasCount: 1000 });
    if (value === null || value === undefined) continue;
    collect(value, source, manifests);
  }
  return manifests;
}

function collect(value: unknown, source: string, manifests: Manifest[]): void {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new ExitError(
      1,
      `error: error parsing ${source}: json: cannot unmarshal into Go value of type map[string]interface {}`,
    );
  }
  const object = value as UnstructuredObject;
  for (const field of ["apiVersion", "kind"] as const) {
    if (typeof object[field] !== "string" || object[field] === "") {
      throw new ExitError(
        1,
        `error: error validating "${source}": error validating data: ${field} not set; if you choose to ignore these errors, turn validation off with --validate=false`,
      );
    }
  }
  if (object.kind?.endsWith("List") && Array.isArray(object.items)) {
    for (const item of object.items) collect(item, source, manifests);
    return;
  }
  manifests.push({ object: { ...object, metadata: object.metadata ?? {} }, source });
}

function filesOf(path: string, recursive: boolean): string[] {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) throw new ExitError(1, `error: the path "${path}" does not exist`);
  if (!stat.isDirectory()) return [path];
  const files: string[] = [];
  for (const entry of readdirSync(path, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const full = join(path, entry.name);
    if (entry.isDirectory()) {
      if (recursive) files.push(...filesOf(full, true));
    } else if (extensions.has(extname(entry.name))) {
      files.push(full);
    }
  }
  return files;
}

async function fetchText(url: string): Promise<string> {
  const response = await fetch(url).catch((error: Error) => {
    throw new ExitError(
      1,
      `error: unable to read URL "${url}": ${(error.cause as Error | undefined)?.message ?? error.message}`,
    );
  });
  if (!response.ok) {
    throw new ExitError(
      1,
      `error: unable to read URL "${url}", server reported ${response.status} ${response.statusText}, status code=${response.status}`,
    );
  }
  return response.text();
}

async function readStdin(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}
