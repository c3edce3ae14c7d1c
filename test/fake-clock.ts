import type { Clock } from "../src/machinery/clock.ts";

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly callback: () => void;
}

/** Time that stands still until a test turns it. Timers fire in the order of their time, then of their making. */
export class FakeClock implements Clock {
  #now: number;
  /** What it has been set by. */
  #set = 0;
  #order = 0;
  readonly #timers = new Set<Timer>();

  constructor(start: number | string = "2026-01-01T00:00:00Z") {
    this.#now = typeof start === "string" ? Date.parse(start) : start;
  }

  now(): number {
    return this.#now + this.#set;
  }

  elapsed(): number {
    return this.#now;
  }

  /** Somebody sets the clock: now() jumps by so many ms, and nothing that waits is done any sooner or later. */
  jump(milliseconds: number): void {
    this.#set += milliseconds;
  }

  after(milliseconds: number, callback: () => void): () => void {
    const timer = { at: this.#now + Math.max(0, milliseconds), order: this.#order++, callback };
    this.#timers.add(timer);
    return () => {
      this.#timers.delete(timer);
    };
  }

  /** How many timers wait. */
  get pending(): number {
    return this.#timers.size;
  }

  /** In how many ms the next timer fires; undefined when none waits. */
  get next(): number | undefined {
    const timer = this.#first(Number.POSITIVE_INFINITY);
    return timer && timer.at - this.#now;
  }

  /** Fires every timer that comes due, those set meanwhile included. Promises they resolve run only after the caller yields. */
  advance(milliseconds: number): void {
    const end = this.#now + milliseconds;
    for (let timer = this.#first(end); timer; timer = this.#first(end)) this.#fire(timer);
    this.#now = end;
  }

  /** As advance(), but lets the promises of each timer settle before the next one fires. */
  async run(milliseconds: number): Promise<void> {
    const end = this.#now + milliseconds;
    await settle();
    for (let timer = this.#first(end); timer; timer = this.#first(end)) {
      this.#fire(timer);
      await settle();
    }
    this.#now = end;
  }

  #fire(timer: Timer): void {
    this.#timers.delete(timer);
    this.#now = Math.max(this.#now, timer.at);
    timer.callback();
  }

  #first(end: number): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.at > end) continue;
      if (!first || timer.at < first.at || (timer.at === first.at && timer.order < first.order)) first = timer;
    }
    return first;
  }
}

/** Lets promises that need no time and no I/O run to their end. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
}
