/** A tournament over slots: who has the highest score is known at once, a changed score costs one path to the root. Ties go to the lower slot. */
export class MaxTree {
  readonly #scores: Float64Array;
  readonly #winners: Int32Array;
  readonly #leaves: number;

  /** `scores` stays the caller's, who says update() or rebuild() after changing it. */
  constructor(scores: Float64Array) {
    this.#scores = scores;
    this.#leaves = 2 ** Math.ceil(Math.log2(Math.max(2, scores.length)));
    this.#winners = new Int32Array(this.#leaves * 2);
    for (let slot = 0; slot < this.#leaves; slot++) this.#winners[this.#leaves + slot] = slot;
    this.rebuild();
  }

  /** The slot with the highest score. */
  get best(): number {
    return this.#winners[1] ?? 0;
  }

  update(slot: number): void {
    for (let at = (this.#leaves + slot) >> 1; at >= 1; at >>= 1) this.#play(at);
  }

  rebuild(): void {
    for (let at = this.#leaves - 1; at >= 1; at--) this.#play(at);
  }

  #play(at: number): void {
    const left = this.#winners[at * 2] ?? 0;
    const right = this.#winners[at * 2 + 1] ?? 0;
    this.#winners[at] = this.#score(right) > this.#score(left) ? right : left;
  }

  #score(slot: number): number {
    return slot < this.#scores.length ? (this.#scores[slot] ?? -1) : -1;
  }
}
