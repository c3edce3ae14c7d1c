/** Which column of the snapshot's tables holds which resource. Columns are never given up: a process sees few resource names. */
export const cpuColumn = 0;
export const memoryColumn = 1;
/** How many pods; every pod asks for one. */
export const podsColumn = 3;

export class ResourceColumns {
  readonly #names = ["cpu", "memory", "ephemeral-storage", "pods"];
  readonly #columns = new Map(this.#names.map((name, column) => [name, column]));

  get count(): number {
    return this.#names.length;
  }

  /** The column of a resource, a new one where it was never heard of. */
  of(resource: string): number {
    const known = this.#columns.get(resource);
    if (known !== undefined) return known;
    const column = this.#names.length;
    this.#names.push(resource);
    this.#columns.set(resource, column);
    return column;
  }

  name(column: number): string {
    return this.#names[column] ?? "";
  }
}
