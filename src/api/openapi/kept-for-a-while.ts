import type { Clock } from "../../machinery/clock.ts";

/** Large things that are quickly made again: forgotten when nobody asked for a minute. */
export class KeptForAWhile<T> {
  readonly #clock: Clock;
  readonly #milliseconds: number;
  readonly #values = new Map<string, T>();
  #cancel: (() => void) | undefined;

  constructor(clock: Clock, milliseconds = 60_000) {
    this.#clock = clock;
    this.#milliseconds = milliseconds;
  }

  get size(): number {
    return this.#values.size;
  }

  get(key: string, make: () => T): T {
    this.#cancel?.();
    this.#cancel = this.#clock.after(this.#milliseconds, () => this.clear());
    let value = this.#values.get(key);
    if (value === undefined) {
      value = make();
      this.#values.set(key, value);
    }
    return value;
  }

  clear(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#values.clear();
  }
}
