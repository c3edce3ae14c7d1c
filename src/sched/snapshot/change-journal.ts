/** Which slots of the snapshot changed, in order, as far back as the ring reaches: how caches catch up with little work. */
const size = 8192;

export class ChangeJournal {
  readonly #ring = new Int32Array(size);
  #end = 0;

  /** The position after the newest entry. */
  get end(): number {
    return this.#end;
  }

  /** Whether everything from `position` on is still there. */
  reaches(position: number): boolean {
    return this.#end - position <= size;
  }

  /** `node`: the Node object itself changed, not only what runs on it. */
  record(slot: number, node: boolean): void {
    this.#ring[this.#end % size] = slot * 2 + (node ? 1 : 0);
    this.#end++;
  }

  slotAt(position: number): number {
    return this.#entry(position) >> 1;
  }

  nodeChangedAt(position: number): boolean {
    return (this.#entry(position) & 1) === 1;
  }

  #entry(position: number): number {
    return this.#ring[position % size] ?? 0;
  }
}
