import { sortable } from "./collation.ts";

/** What the index orders: rows, by `sort` (collation.ts). */
interface Keyed {
  readonly key: string;
  readonly sort: string;
}

export interface Range<R> {
  readonly rows: R[];
  /** How many follow under the prefix after the last of `rows`. */
  readonly remaining: number;
}

const fullBlock = 1024;

interface Position {
  block: number;
  at: number;
}

/**
 * The newest row of every key: a hash for single keys, sorted blocks for ranges. Blocks of up to 1,024 rows keep an
 * insert to one short move in memory, and a range to whole slices; a binary search over the blocks finds both ends.
 */
export class KeyIndex<R extends Keyed> {
  readonly #rows = new Map<string, R>();
  #blocks: R[][] = [[]];

  get size(): number {
    return this.#rows.size;
  }

  get(key: string): R | undefined {
    return this.#rows.get(key);
  }

  /** Returns the row that it replaced. */
  set(row: R): R | undefined {
    const old = this.#rows.get(row.key);
    this.#rows.set(row.key, row);
    const { block, at } = this.#find(row.sort);
    const rows = this.#block(block);
    if (old) {
      rows[at] = row;
      return old;
    }
    rows.splice(at, 0, row);
    if (rows.length > fullBlock) {
      // Keys that arrive in order (a load, generated names) fill blocks instead of leaving them half empty.
      const half = at === rows.length - 1 ? fullBlock : rows.length >> 1;
      this.#blocks.splice(block + 1, 0, rows.splice(half));
    }
    return undefined;
  }

  delete(key: string): R | undefined {
    const old = this.#rows.get(key);
    if (!old) return undefined;
    this.#rows.delete(key);
    const { block, at } = this.#find(old.sort);
    const rows = this.#block(block);
    rows.splice(at, 1);
    if (rows.length === 0 && this.#blocks.length > 1) this.#blocks.splice(block, 1);
    return old;
  }

  /** In ascending order. `limit` 0: all. */
  range(prefix: string, after: string | undefined, limit: number): Range<R> {
    const start = this.#start(prefix, after);
    const end = this.#end(prefix);
    const total = this.#distance(start, end);
    const wanted = limit > 0 ? Math.min(limit, total) : total;
    const rows: R[] = [];
    for (let { block, at } = start; rows.length < wanted; block++, at = 0) {
      const source = this.#block(block);
      const until = Math.min(source.length, at + wanted - rows.length);
      for (let i = at; i < until; i++) rows.push(source[i] as R);
    }
    return { rows, remaining: total - rows.length };
  }

  count(prefix: string): number {
    return prefix === "" ? this.size : this.#distance(this.#start(prefix, undefined), this.#end(prefix));
  }

  #start(prefix: string, after: string | undefined): Position {
    const low = sortable(prefix);
    if (after === undefined) return this.#bound((sort) => sort < low);
    const past = sortable(after);
    return past < low ? this.#bound((sort) => sort < low) : this.#bound((sort) => sort <= past);
  }

  #end(prefix: string): Position {
    const low = sortable(prefix);
    return this.#bound((sort) => sort < low || sort.startsWith(low));
  }

  #find(sort: string): Position {
    // A load brings the keys in order.
    const last = this.#block(this.#blocks.length - 1);
    const newest = last.at(-1);
    if (newest && newest.sort < sort) return { block: this.#blocks.length - 1, at: last.length };
    return this.#bound((other) => other < sort);
  }

  /** The position of the first row for which `before` is false; `before` is true for a leading stretch of the keys only. */
  #bound(before: (sort: string) => boolean): Position {
    // The last block that begins with a row before the position, or the first block.
    let low = 0;
    let high = this.#blocks.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      const first = this.#block(middle)[0];
      if (first === undefined || before(first.sort)) low = middle;
      else high = middle;
    }
    const rows = this.#block(low);
    let from = 0;
    let to = rows.length;
    while (from < to) {
      const middle = (from + to) >> 1;
      if (before((rows[middle] as R).sort)) from = middle + 1;
      else to = middle;
    }
    // The end of one block is the beginning of the next, where the row itself is if there is one.
    return from === rows.length && low + 1 < this.#blocks.length ? { block: low + 1, at: 0 } : { block: low, at: from };
  }

  #distance(start: Position, end: Position): number {
    if (start.block > end.block) return 0;
    let rows = end.at - start.at;
    for (let block = start.block; block < end.block; block++) rows += this.#block(block).length;
    return Math.max(0, rows);
  }

  #block(at: number): R[] {
    return this.#blocks[at] as R[];
  }
}
