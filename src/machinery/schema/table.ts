/**
 * The table of facts about Kubernetes' own types, as it stands in kubernetes-1.36.json: JSON with a line of its own for each
 * type, so that the lines can stay bytes outside the heap until somebody asks. Most types never are.
 */
import { readFileSync } from "node:fs";

export interface TypeRef {
  readonly t?: string;
  readonly ref?: string;
  readonly list?: TypeRef;
  readonly map?: TypeRef;
  readonly key?: TypeRef;
}

export interface FieldFact {
  readonly name?: string;
  readonly type: TypeRef;
  readonly inline?: boolean;
  readonly optional?: boolean;
  readonly required?: boolean;
  readonly omitempty?: boolean;
  readonly pointer?: boolean;
  readonly proto?: number;
  readonly wire?: string;
  readonly listType?: "atomic" | "set" | "map";
  readonly listMapKeys?: readonly string[];
  readonly mapType?: "atomic" | "granular";
  /** Where a field says otherwise than the struct it holds. */
  readonly structType?: "atomic" | "granular";
  readonly patchStrategy?: string;
  readonly patchMergeKey?: string;
  readonly default?: unknown;
}

export interface TypeFact {
  readonly kind: "struct" | "alias";
  readonly fields?: readonly FieldFact[];
  readonly type?: TypeRef;
  readonly values?: readonly string[];
  readonly enum?: boolean;
  readonly structType?: "atomic" | "granular";
}

export interface ResourceFact {
  /** "k8s.io/api/apps/v1.Deployment" */
  readonly type: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly methods?: readonly string[];
  readonly lifecycle?: Readonly<Record<string, string>>;
}

interface Lines {
  readonly bytes: Buffer;
  /** Where each type's line begins and ends, without the comma. */
  readonly types: ReadonlyMap<string, readonly [start: number, end: number]>;
  readonly resources: readonly ResourceFact[];
}

let lines: Lines | undefined;

/** The facts of a type by its full Go name: "k8s.io/api/core/v1.Pod". Parsed anew on every call: keep what is made of it. */
export function typeFact(goName: string): TypeFact | undefined {
  lines ??= readLines();
  const line = lines.types.get(goName);
  if (!line) return undefined;
  const text = lines.bytes.toString("utf8", line[0], line[1]);
  return JSON.parse(text.slice(text.indexOf('":{') + 2)) as TypeFact;
}

export function hasTypeFact(goName: string): boolean {
  lines ??= readLines();
  return lines.types.has(goName);
}

export function typeNames(): Iterable<string> {
  lines ??= readLines();
  return lines.types.keys();
}

export function resourceFacts(): readonly ResourceFact[] {
  lines ??= readLines();
  return lines.resources;
}

const newline = 0x0a;
const comma = 0x2c;

function readLines(): Lines {
  const bytes = readFileSync(new URL("./kubernetes-1.36.json", import.meta.url));
  const types = new Map<string, readonly [number, number]>();
  let start = bytes.indexOf(newline) + 1;
  while (bytes[start] === 0x22) {
    const end = bytes.indexOf(newline, start);
    const name = bytes.toString("latin1", start + 1, bytes.indexOf(0x22, start + 1));
    types.set(name, [start, bytes[end - 1] === comma ? end - 1 : end]);
    start = end + 1;
  }
  // What is left is `},"resources":[ … ]}`.
  const rest = JSON.parse(`{${bytes.toString("utf8", start).replace(/^\},/, "")}`) as { resources: ResourceFact[] };
  return { bytes, types, resources: rest.resources };
}
