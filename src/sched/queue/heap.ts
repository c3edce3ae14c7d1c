/** A binary heap whose entries can be taken out again. `before(a, b)`: whether a comes out first. */
export class Heap<T> {
  readonly #before: (a: T, b: T) => boolean;
  readonly #entries: T[] = [];
  readonly #positions = new Map<T, number>();

  constructor(before: (a: T, b: T) => boolean) {
    this.#before = before;
  }

  get size(): number {
    return this.#entries.length;
  }

  peek(): T | undefined {
    return this.#entries[0];
  }

  has(entry: T): boolean {
    return this.#positions.has(entry);
  }

  push(entry: T): void {
    if (this.has(entry)) return;
    this.#put(entry, this.#entries.length);
    this.#up(this.#entries.length - 1);
  }

  pop(): T | undefined {
    const first = this.#entries[0];
    if (first !== undefined) this.delete(first);
    return first;
  }

  delete(entry: T): boolean {
    const at = this.#positions.get(entry);
    if (at === undefined) return false;
    this.#positions.delete(entry);
    const last = this.#entries.pop();
    if (last !== undefined && last !== entry) {
      this.#put(last, at);
      this.#up(at);
      this.#down(this.#positions.get(last) ?? at);
    }
    return true;
  }

  #put(entry: T, at: number): void {
    this.#entries[at] = entry;
    this.#positions.set(entry, at);
  }

  #up(from: number): void {
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#swapIfBefore(at, parent)) return;
      at = parent;
    }
  }

  #down(from: number): void {
    let at = from;
    for (;;) {
      const left = at * 2 + 1;
      const right = left + 1;
      if (left >= this.#entries.length) return;
      const child =
        right < this.#entries.length && this.#before(this.#entries[right] as T, this.#entries[left] as T)
          ? right
          : left;
      if (!this.#swapIfBefore(child, at)) return;
      at = child;
    }
  }

  #swapIfBefore(lower: number, upper: number): boolean {
    const a = this.#entries[lower] as T;
    const b = this.#entries[upper] as T;
    if (!this.#before(a, b)) return false;
    this.#put(a, upper);
    this.#put(b, lower);
    return true;
  }
}
