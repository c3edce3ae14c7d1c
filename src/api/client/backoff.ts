import type { Clock } from "../../machinery/clock.ts";

export interface BackoffOptions {
  readonly clock: Clock;
  /** 0 ≤ random() < 1 */
  readonly random: () => number;
  /** ms */
  readonly initial: number;
  readonly limit: number;
  /** After so many ms without a failure it starts anew. */
  readonly reset: number;
}

/** Delays that double from failure to failure, each stretched by up to its own length so that many waiters spread out. */
export class Backoff {
  readonly #options: BackoffOptions;
  #delay: number;
  #last = Number.NEGATIVE_INFINITY;

  constructor(options: BackoffOptions) {
    this.#options = options;
    this.#delay = options.initial;
  }

  /** ms to wait before the next attempt. */
  next(): number {
    const { clock, random, initial, limit, reset } = this.#options;
    const now = clock.elapsed();
    if (now - this.#last > reset) this.#delay = initial;
    this.#last = now;
    const delay = this.#delay * (1 + random());
    this.#delay = Math.min(this.#delay * 2, limit);
    return delay;
  }

  /** Waits for next(), or until `signal` aborts. */
  wait(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        cancel();
        signal.removeEventListener("abort", done);
        resolve();
      };
      const cancel = this.#options.clock.after(this.next(), done);
      signal.addEventListener("abort", done);
    });
  }
}
