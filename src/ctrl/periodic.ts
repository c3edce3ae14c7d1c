import type { Clock } from "../machinery/clock.ts";
import type { Logger } from "../machinery/logger.ts";
import type { Controller } from "./types.ts";

export interface PeriodicOptions {
  readonly name: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** ms from the end of one run to the start of the next. */
  readonly interval: number;
  /** ms before the first run; default 0. */
  readonly first?: number;
  /** Shall return soon after `signal` aborts. What it throws is logged; the next run tries again. */
  run(signal: AbortSignal): Promise<void>;
}

/** A controller that looks at everything now and then, one run at a time. */
export class Periodic implements Controller {
  readonly name: string;
  readonly #options: PeriodicOptions;
  readonly #abort = new AbortController();
  #cancel: () => void = () => undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(options: PeriodicOptions) {
    this.name = options.name;
    this.#options = options;
  }

  start(): void {
    this.#schedule(this.#options.first ?? 0);
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    this.#cancel();
    await this.#running;
  }

  #schedule(milliseconds: number): void {
    if (this.#abort.signal.aborted) return;
    this.#cancel = this.#options.clock.after(milliseconds, () => {
      this.#running = this.#run();
    });
  }

  async #run(): Promise<void> {
    const { log, interval, run } = this.#options;
    try {
      await run(this.#abort.signal);
    } catch (error) {
      log.warn({ controller: this.name, err: error }, "a run failed, the next will try again");
    }
    this.#schedule(interval);
  }
}
