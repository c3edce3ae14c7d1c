/**
 * Exponential back-off per key, by the rules of the kubelet's: 10 s, doubled at each failure up to 300 s, and forgotten
 * when the last one is more than twice the longest past. Kept in memory only: an agent that restarts begins again.
 */
import type { Clock } from "../../machinery/clock.ts";

const FIRST = 10_000;
const LONGEST = 300_000;

interface Entry {
  delay: number;
  updated: number;
}

export class BackOff {
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The current delay in ms; 0 when there was no failure. */
  delay(key: string): number {
    return this.#entries.get(key)?.delay ?? 0;
  }

  /** Until when (ms since the epoch) nothing should be tried, for a failure at `since`; undefined when it may be. */
  until(key: string, since: number): number | undefined {
    const entry = this.#entries.get(key);
    if (!entry || expired(entry, since)) return undefined;
    const end = since + entry.delay;
    return end > this.#clock.now() ? end : undefined;
  }

  /** As until(), counted from the last call of next(). */
  untilSinceUpdate(key: string): number | undefined {
    const entry = this.#entries.get(key);
    return entry && this.until(key, entry.updated);
  }

  /** Something is tried again after a failure at `since`: the next delay is longer. */
  next(key: string, since: number): void {
    const entry = this.#entries.get(key);
    const delay = !entry || expired(entry, since) ? FIRST : Math.min(LONGEST, entry.delay * 2);
    this.#entries.set(key, { delay, updated: this.#clock.now() });
  }

  /** Forgets every key that begins so: the pod is gone. */
  forget(prefix: string): void {
    for (const key of this.#entries.keys()) if (key.startsWith(prefix)) this.#entries.delete(key);
  }
}

function expired(entry: Entry, since: number): boolean {
  return since - entry.updated > 2 * LONGEST;
}

/** As Go prints a duration of whole seconds: "10s", "1m20s", "5m0s". */
export function goDuration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  if (hours > 0) return `${hours}h${minutes % 60}m${seconds % 60}s`;
  return minutes > 0 ? `${minutes}m${seconds % 60}s` : `${seconds}s`;
}
