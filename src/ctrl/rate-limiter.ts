import type { Clock } from "../machinery/clock.ts";

/** How long a key waits before it is tried again. */
export interface RateLimiter<K> {
  /** Milliseconds until the key may be tried again; counts as one failure of the key. */
  when(key: K): number;
  /** The key succeeded: its count starts anew. */
  forget(key: K): void;
  /** Failures since the last forget(). */
  failures(key: K): number;
}

/** base·2^failures, at most `max` (ms). */
export class ExponentialBackoff<K> implements RateLimiter<K> {
  readonly #base: number;
  readonly #max: number;
  readonly #failures = new Map<K, number>();

  constructor(base: number, max: number) {
    this.#base = base;
    this.#max = max;
  }

  when(key: K): number {
    const failures = this.failures(key);
    this.#failures.set(key, failures + 1);
    return Math.min(this.#base * 2 ** failures, this.#max);
  }

  forget(key: K): void {
    this.#failures.delete(key);
  }

  failures(key: K): number {
    return this.#failures.get(key) ?? 0;
  }
}

/** A token bucket over all keys together; a caller that finds it empty books the next token to come. */
export class TokenBucket<K> implements RateLimiter<K> {
  readonly #perSecond: number;
  readonly #burst: number;
  readonly #clock: Clock;
  /** Negative: tokens that are booked but have not come yet. */
  #tokens: number;
  #filledAt: number;

  constructor(perSecond: number, burst: number, clock: Clock) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#clock = clock;
    this.#tokens = burst;
    this.#filledAt = clock.elapsed();
  }

  when(_key: K): number {
    const now = this.#clock.elapsed();
    // A clock that was set back must not take tokens away.
    const elapsed = Math.max(0, now - this.#filledAt);
    this.#filledAt = now;
    this.#tokens = Math.min(this.#burst, this.#tokens + (elapsed * this.#perSecond) / 1000) - 1;
    return this.#tokens >= 0 ? 0 : Math.ceil((-this.#tokens * 1000) / this.#perSecond);
  }

  forget(_key: K): void {
    // The bucket is about all keys together.
  }

  failures(_key: K): number {
    return 0;
  }
}

/** The longest wait that any of the limiters asks for. */
export class StrictestOf<K> implements RateLimiter<K> {
  readonly #limiters: readonly RateLimiter<K>[];

  constructor(...limiters: RateLimiter<K>[]) {
    this.#limiters = limiters;
  }

  when(key: K): number {
    let longest = 0;
    for (const limiter of this.#limiters) longest = Math.max(longest, limiter.when(key));
    return longest;
  }

  forget(key: K): void {
    for (const limiter of this.#limiters) limiter.forget(key);
  }

  failures(key: K): number {
    let most = 0;
    for (const limiter of this.#limiters) most = Math.max(most, limiter.failures(key));
    return most;
  }
}

/** client-go's DefaultControllerRateLimiter: 5 ms to 1000 s per key, and 10 retries/s (100 at once) over all keys. */
export function controllerRateLimiter<K>(clock: Clock): RateLimiter<K> {
  return new StrictestOf(new ExponentialBackoff<K>(5, 1_000_000), new TokenBucket<K>(10, 100, clock));
}
