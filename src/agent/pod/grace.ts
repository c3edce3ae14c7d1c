/** How long what ends may still take. It can be cut short while it runs: a second delete with a shorter grace period. */
import type { Clock } from "../../machinery/clock.ts";

export class Grace {
  readonly #clock: Clock;
  #deadline: number;
  #shortened: Promise<void>;
  #resolveShortened: () => void = () => undefined;

  constructor(clock: Clock, seconds: number) {
    this.#clock = clock;
    this.#deadline = clock.elapsed() + seconds * 1000;
    this.#shortened = this.#nextShortening();
  }

  #nextShortening(): Promise<void> {
    return new Promise((resolve) => {
      this.#resolveShortened = resolve;
    });
  }

  get remainingSeconds(): number {
    return Math.max(0, (this.#deadline - this.#clock.elapsed()) / 1000);
  }

  /** Resolves when the time is next cut short. */
  get shortened(): Promise<void> {
    return this.#shortened;
  }

  /** Ends no later than so many seconds from now. */
  shortenTo(seconds: number): void {
    const deadline = this.#clock.elapsed() + seconds * 1000;
    if (deadline >= this.#deadline) return;
    this.#deadline = deadline;
    const resolve = this.#resolveShortened;
    this.#shortened = this.#nextShortening();
    resolve();
  }

  /** Resolves when the time is over. */
  async over(): Promise<void> {
    while (this.remainingSeconds > 0) {
      let cancel: () => void = () => undefined;
      const end = new Promise<void>((resolve) => {
        cancel = this.#clock.after(this.remainingSeconds * 1000, resolve);
      });
      await Promise.race([end, this.shortened]);
      cancel();
    }
  }
}
