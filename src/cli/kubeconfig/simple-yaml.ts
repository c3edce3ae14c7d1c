/**
 * The YAML that kl and kubectl write kubeconfigs in, and nothing more: block maps and lists of maps, plain and quoted
 * scalars of one line. Loading and running a whole YAML parser would take a quarter of the time of `kl get pods`; whatever
 * is not of exactly this form is left to it.
 */

type Value = string | boolean | { [key: string]: Value } | Value[];
type Line = { readonly indent: number; readonly item: boolean; readonly key: string; readonly value: string };

const linePattern = /^( *)(- )?([A-Za-z][\w.-]*):(?: (\S.*?))?\s*$/;
/** What cannot be read as a number, a date, null or any other type: `true` and `false` are looked at first. */
const plainPattern =
  /^(?!(?:null|yes|no|on|off|y|n)$)[A-Za-z/][^\s#:,[\]{}"'&*!|>%@`]*(?::[^\s#:,[\]{}"'&*!|>%@`]+)*$/i;
const quotedPattern = /^"[^"\\]*"$/;

/** Undefined: not of the simple form. */
export function parseSimpleYaml(text: string): { readonly [key: string]: unknown } | undefined {
  const lines: Line[] = [];
  for (const raw of text.split("\n")) {
    if (raw.trim() === "" || raw === "---" || raw.startsWith("#")) continue;
    const match = linePattern.exec(raw);
    if (!match) return undefined;
    const [, spaces = "", dash, key = "", value = ""] = match;
    lines.push({ indent: spaces.length + (dash ? 2 : 0), item: dash !== undefined, key, value });
  }
  const reader = new Reader(lines);
  const map = reader.map(0, false);
  return reader.done ? map : undefined;
}

class Reader {
  #position = 0;
  readonly #lines: readonly Line[];

  constructor(lines: readonly Line[]) {
    this.#lines = lines;
  }

  get done(): boolean {
    return this.#position === this.#lines.length;
  }

  /** The lines from here that stand at `indent`, as one map. As an item of a list it begins with a dash. */
  map(indent: number, asItem: boolean): { [key: string]: Value } | undefined {
    const map: { [key: string]: Value } = {};
    for (let first = true; ; first = false) {
      const line = this.#lines[this.#position];
      if (!line || line.indent !== indent || line.item !== (asItem && first)) return map;
      if (Object.hasOwn(map, line.key)) return undefined;
      this.#position += 1;
      const value = line.value === "" ? this.#nested(indent) : scalar(line.value);
      if (value === undefined) return undefined;
      map[line.key] = value;
    }
  }

  /** A list may stand at the indent of its key; a map stands deeper. */
  #nested(parent: number): Value | undefined {
    const next = this.#lines[this.#position];
    if (!next) return undefined;
    if (!next.item) return next.indent > parent ? this.map(next.indent, false) : undefined;
    if (next.indent - 2 < parent) return undefined;
    const list: Value[] = [];
    while (this.#lines[this.#position]?.item && this.#lines[this.#position]?.indent === next.indent) {
      const item = this.map(next.indent, true);
      if (!item) return undefined;
      list.push(item);
    }
    return list;
  }
}

function scalar(text: string): Value | undefined {
  if (text === "true" || text === "false") return text === "true";
  if (text === "{}") return {};
  if (text === "[]") return [];
  if (quotedPattern.test(text)) return text.slice(1, -1);
  return plainPattern.test(text) ? text : undefined;
}
