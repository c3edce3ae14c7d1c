/** A page of `describe`: lines of "Name:  value" in columns, with sections indented below their headings. */
export class Sheet {
  readonly #lines: { readonly indent: number; readonly cells: readonly string[] }[] = [];
  #indent = 0;

  /** Cells of neighbouring lines are aligned. */
  line(...cells: readonly string[]): this {
    this.#lines.push({ indent: this.#indent, cells });
    return this;
  }

  field(name: string, value: string | number | boolean | undefined): this {
    return this.line(`${name}:`, value === undefined || value === "" ? "<none>" : String(value));
  }

  /** One line per entry, the first beside the name. */
  list(name: string, values: readonly string[]): this {
    const [first = "<none>", ...rest] = values;
    this.line(`${name}:`, first);
    for (const value of rest) this.line("", value);
    return this;
  }

  section(name: string, body: () => void): this {
    this.line(`${name}:`);
    return this.indented(body);
  }

  /** One of several containers or volumes. Inside a pod template kubectl sets its name in by one space alone. */
  entry(name: string, body: () => void): this {
    if (this.#indent < 2) return this.section(name, body);
    this.#lines.push({ indent: this.#indent - 1, cells: [` ${name}:`] });
    body();
    return this;
  }

  indented(body: () => void): this {
    this.#indent += 1;
    body();
    this.#indent -= 1;
    return this;
  }

  /** The cells with tabs between them. */
  unaligned(): string {
    return this.#lines
      .map(({ indent, cells }) => `${cells[0] === "" ? "" : "  ".repeat(indent)}${cells.join("\t")}\n`)
      .join("");
  }

  /** Go's tabwriter, as kubectl uses it: a column is as wide as its widest cell in a run of lines that have it. */
  toString(): string {
    const rows = this.#lines.map(({ indent, cells }) => {
      const [first = "", ...rest] = cells;
      return [first === "" ? "" : `${"  ".repeat(indent)}${first}`, ...rest];
    });
    const widths = rows.map((row) => row.map(() => 0));
    const deepest = Math.max(0, ...rows.map((row) => row.length));
    for (let column = 0; column < deepest; column += 1) {
      for (let start = 0; start < rows.length; start += 1) {
        let end = start;
        let width = 0;
        // The last cell of a line ends no column.
        for (; column < (rows[end]?.length ?? 0) - 1; end += 1)
          width = Math.max(width, rows[end]?.[column]?.length ?? 0);
        for (let index = start; index < end; index += 1) (widths[index] ?? [])[column] = width + 2;
        start = end;
      }
    }
    return rows
      .map((row, index) => `${row.map((cell, column) => cell.padEnd(widths[index]?.[column] ?? 0)).join("")}\n`)
      .join("");
  }
}

/** Annotations, without the one that repeats the whole object. */
export function annotationLines(map: Readonly<Record<string, string>> | undefined): string[] {
  const { "kubectl.kubernetes.io/last-applied-configuration": _, ...rest } = map ?? {};
  return pairs(rest, ": ").flatMap((line) => {
    const [key = "", ...value] = line.split(": ");
    const text = value.join(": ");
    // A long or multi-line value stands below its name.
    if (!text.includes("\n") && line.length <= 140) return [line];
    return [
      `${key}:`,
      ...text
        .trimEnd()
        .split("\n")
        .map((part) => `  ${part}`),
    ];
  });
}

/** "a=b" lines, sorted. */
export function pairs(map: Readonly<Record<string, string>> | undefined, separator = "="): string[] {
  return Object.entries(map ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}${separator}${value}`);
}
