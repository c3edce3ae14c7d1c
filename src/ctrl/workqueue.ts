import type { Clock } from "../machinery/clock.ts";
import { controllerRateLimiter, type RateLimiter } from "./rate-limiter.ts";

/**
 * The work queue of client-go (k8s.io/client-go/util/workqueue): a key is queued at most once, is worked on by at most one
 * worker at a time, and when it is added while it is being worked on, comes back afterwards.
 */
export class WorkQueue<K = string> {
  readonly #clock: Clock;
  readonly #limiter: RateLimiter<K>;
  /** FIFO from `#head` on; the part before it is dropped now and then. */
  #queue: K[] = [];
  #head = 0;
  /** Keys that need work: those queued, and those to queue again once their worker is done. */
  readonly #dirty = new Set<K>();
  readonly #processing = new Set<K>();
  readonly #later = new Map<K, { readonly at: number; readonly cancel: () => void }>();
  readonly #idleWorkers: ((key: K | undefined) => void)[] = [];
  readonly #drained: (() => void)[] = [];
  #closed = false;
  /** For the metrics. */
  adds = 0;
  retries = 0;

  constructor(clock: Clock, limiter: RateLimiter<K> = controllerRateLimiter<K>(clock)) {
    this.#clock = clock;
    this.#limiter = limiter;
  }

  /** Keys waiting for a worker, without those that wait for their time. */
  get length(): number {
    return this.#queue.length - this.#head;
  }

  add(key: K): void {
    if (this.#closed || this.#dirty.has(key)) return;
    this.adds++;
    this.#dirty.add(key);
    if (!this.#processing.has(key)) this.#push(key);
  }

  /** Adds the key in `milliseconds`; of several waits for one key the shortest counts. */
  addAfter(key: K, milliseconds: number): void {
    if (this.#closed) return;
    if (milliseconds <= 0) {
      this.add(key);
      return;
    }
    const at = this.#clock.elapsed() + milliseconds;
    const waiting = this.#later.get(key);
    if (waiting) {
      if (waiting.at <= at) return;
      waiting.cancel();
    }
    const cancel = this.#clock.after(milliseconds, () => {
      this.#later.delete(key);
      this.add(key);
    });
    this.#later.set(key, { at, cancel });
  }

  /** Adds the key after its back-off. */
  addRateLimited(key: K): void {
    this.retries++;
    this.addAfter(key, this.#limiter.when(key));
  }

  /** The key succeeded: its next failure starts with the shortest back-off again. */
  forget(key: K): void {
    this.#limiter.forget(key);
  }

  failures(key: K): number {
    return this.#limiter.failures(key);
  }

  /** The next key, which the caller must hand to done() afterwards; undefined once the queue is shut down. */
  get(): Promise<K | undefined> {
    if (this.#closed) return Promise.resolve(undefined);
    const key = this.#queue[this.#head];
    if (key === undefined) return new Promise((resolve) => this.#idleWorkers.push(resolve));
    this.#head++;
    if (this.#head > 1024 && this.#head * 2 > this.#queue.length) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
    this.#take(key);
    return Promise.resolve(key);
  }

  done(key: K): void {
    this.#processing.delete(key);
    if (this.#closed) {
      if (this.#processing.size === 0) for (const resolve of this.#drained.splice(0)) resolve();
      return;
    }
    if (this.#dirty.has(key)) this.#push(key);
  }

  /**
   * Takes nothing more, drops what is queued (reconciliation is level-triggered: the next start finds it again) and
   * resolves when the keys that are being worked on are done.
   */
  shutDown(): Promise<void> {
    this.#closed = true;
    for (const { cancel } of this.#later.values()) cancel();
    this.#later.clear();
    this.#queue = [];
    this.#head = 0;
    this.#dirty.clear();
    for (const resolve of this.#idleWorkers.splice(0)) resolve(undefined);
    if (this.#processing.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#drained.push(resolve));
  }

  #push(key: K): void {
    const worker = this.#idleWorkers.shift();
    if (worker) {
      this.#take(key);
      worker(key);
    } else {
      this.#queue.push(key);
    }
  }

  #take(key: K): void {
    this.#dirty.delete(key);
    this.#processing.add(key);
  }
}
