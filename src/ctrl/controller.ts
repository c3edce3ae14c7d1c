import type { Clock } from "../machinery/clock.ts";
import type { Logger } from "../machinery/logger.ts";
import { Histogram } from "../machinery/metrics/registry.ts";
import { StatusError } from "../machinery/status/error.ts";
import type { Controller } from "./types.ts";
import { WorkQueue } from "./workqueue.ts";

export interface QueuedControllerOptions<K> {
  readonly name: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** Keys worked on at the same time; 5 as in kube-controller-manager unless said otherwise. */
  readonly workers?: number;
  readonly queue?: WorkQueue<K>;
  /** Throws to be called again after the key's back-off. */
  reconcile(key: K): Promise<void> | void;
  /** How a key looks in the log. */
  describe?(key: K): string;
  /** Called by start() before the first key is worked on. */
  onStart?(): void;
  /** Called by stop() before it waits for the running reconciliations. */
  onStop?(): Promise<void> | void;
}

export const workBuckets: readonly number[] = [
  1e-8, 1e-7, 1e-6, 9.999999999999999e-6, 9.999999999999999e-5, 0.001, 0.01, 0.1, 1, 10,
];

/** A work queue and its workers as a Controller. Handlers of informers may fill `queue` before start(). */
export class QueuedController<K = string> implements Controller {
  readonly name: string;
  readonly queue: WorkQueue<K>;
  /** Of reconciliations, in seconds. */
  readonly duration = new Histogram(workBuckets);
  readonly #options: QueuedControllerOptions<K>;
  readonly #log: Logger;

  constructor(options: QueuedControllerOptions<K>) {
    this.name = options.name;
    this.#options = options;
    this.#log = options.log.child({ controller: options.name });
    this.queue = options.queue ?? new WorkQueue<K>(options.clock);
  }

  start(): void {
    this.#options.onStart?.();
    for (let worker = 0; worker < (this.#options.workers ?? 5); worker++) void this.#work();
  }

  async stop(): Promise<void> {
    await this.#options.onStop?.();
    await this.queue.shutDown();
  }

  async #work(): Promise<void> {
    for (;;) {
      const key = await this.queue.get();
      if (key === undefined) return;
      const start = performance.now();
      try {
        await this.#options.reconcile(key);
        this.queue.forget(key);
      } catch (error) {
        this.#report(key, error);
        this.queue.addRateLimited(key);
      } finally {
        this.duration.observe((performance.now() - start) / 1000);
        this.queue.done(key);
      }
    }
  }

  #report(key: K, error: unknown): void {
    const fields = { key: this.#options.describe?.(key) ?? String(key), err: error };
    // Only the first failure in a row is news; what a cache that lags behind causes is none at all.
    if (this.queue.failures(key) > 0 || isStale(error)) this.#log.debug(fields, "reconciliation failed, will retry");
    else this.#log.warn(fields, "reconciliation failed, will retry");
  }
}

/** The error means that our view was behind the API server's: the next look settles it. */
function isStale(error: unknown): boolean {
  return error instanceof StatusError && (error.code === 404 || error.code === 409);
}

export function isNotFound(error: unknown): boolean {
  return error instanceof StatusError && error.reason === "NotFound";
}

export function isConflict(error: unknown): boolean {
  return error instanceof StatusError && error.reason === "Conflict";
}

export function isAlreadyExists(error: unknown): boolean {
  return error instanceof StatusError && error.reason === "AlreadyExists";
}
