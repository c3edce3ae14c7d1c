/** Work that many ask for at once, one piece a turn of the event loop: whoever else is served comes in between. */
export class Turns {
  readonly #waiting: (() => void)[] = [];
  #scheduled = false;

  add(work: () => void): void {
    this.#waiting.push(work);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled || this.#waiting.length === 0) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      const work = this.#waiting.shift();
      this.#schedule();
      work?.();
    });
  }
}
