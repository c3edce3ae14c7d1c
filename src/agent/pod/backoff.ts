/**
 * Exponential back-off per key, by the rules of the kubelet's: 10 s, doubled at each failure up to 300 s, and forgotten
 * when the last one is more than twice the longest past. Kept in memory only: an agent that restarts begins again.
 */
import type { Clock } from "../../machinery/clock.ts";

const FIRST = 10_000;
const LONGEST = 300_000;

interface Entry {
  readonly delay: number;
  /** By Clock.elapsed(). */
  readonly updated: number;
}

interface Failure {
  readonly since: number;
  /** The same by Clock.elapsed(). */
  readonly at: number;
}

export class BackOff {
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();
  /** As they were first heard of: a clock that is set later makes no wait longer or shorter. */
  readonly #failures = new Map<string, Failure>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The current delay in ms; 0 when there was no failure. */
  delay(key: string): number {
    return this.#entries.get(key)?.delay ?? 0;
  }

  /** Until when (by Clock.elapsed()) nothing should be tried, for a failure at `since` (ms since the epoch); undefined when it may be. */
  until(key: string, since: number): number | undefined {
    return this.#until(this.#entries.get(key), this.#failedAt(key, since));
  }

  /** As until(), counted from the last call of next(). */
  untilSinceUpdate(key: string): number | undefined {
    const entry = this.#entries.get(key);
    return entry && this.#until(entry, entry.updated);
  }

  /** Something is tried again after a failure at `since`: the next delay is longer. */
  next(key: string, since: number): void {
    const entry = this.#entries.get(key);
    const expires = !entry || expired(entry, this.#failedAt(key, since));
    const delay = expires ? FIRST : Math.min(LONGEST, entry.delay * 2);
    this.#entries.set(key, { delay, updated: this.#clock.elapsed() });
  }

  /** Forgets every key that begins so: the pod is gone. */
  forget(prefix: string): void {
    for (const map of [this.#entries, this.#failures]) {
      for (const key of map.keys()) if (key.startsWith(prefix)) map.delete(key);
    }
  }

  #until(entry: Entry | undefined, at: number): number | undefined {
    if (!entry || expired(entry, at)) return undefined;
    const end = at + entry.delay;
    return end > this.#clock.elapsed() ? end : undefined;
  }

  #failedAt(key: string, since: number): number {
    const known = this.#failures.get(key);
    if (known?.since === since) return known.at;
    const age = Math.max(0, this.#clock.now() - since);
    // Whatever the engine's clock says: what was tried again has failed afterwards.
    const at = Math.max(this.#clock.elapsed() - age, this.#entries.get(key)?.updated ?? Number.NEGATIVE_INFINITY);
    this.#failures.set(key, { since, at });
    return at;
  }
}

function expired(entry: Entry, at: number): boolean {
  return at - entry.updated > 2 * LONGEST;
}

/** As Go prints a duration of whole seconds: "10s", "1m20s", "5m0s". */
export function goDuration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  if (hours > 0) return `${hours}h${minutes % 60}m${seconds % 60}s`;
  return minutes > 0 ? `${minutes}m${seconds % 60}s` : `${seconds}s`;
}
