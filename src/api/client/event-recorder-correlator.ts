/**
 * Decides what becomes of an event, as client-go's EventCorrelator does: the same event again raises a count, more than
 * ten similar ones (all but the message alike) within ten minutes become one "combined" event, and a source that says
 * too much of one object is cut short.
 */
import type { Clock } from "../../machinery/clock.ts";

/** What client-go is set to. */
const similarLimit = 10;
const similarWindow = 600_000;
const spamBurst = 25;
/** One more event of a source and object every five minutes. */
const spamRefill = 300_000;
const cacheSize = 4096;

export interface Sighting {
  /** Source and object, joined to one string. */
  readonly subject: string;
  /** type and reason */
  readonly kind: string;
  readonly message: string;
}

export interface Observation {
  /** Which Event object it belongs to: the same series, the same object. */
  readonly series: string;
  readonly message: string;
  readonly count: number;
  /** ms since the epoch. */
  readonly first: number;
}

interface Similar {
  readonly messages: Set<string>;
  last: number;
}

interface Series {
  count: number;
  readonly first: number;
}

interface Bucket {
  tokens: number;
  last: number;
}

export class EventCorrelator {
  readonly #clock: Clock;
  readonly #similar = new RecentMap<Similar>(cacheSize);
  readonly #series = new RecentMap<Series>(cacheSize);
  readonly #buckets = new RecentMap<Bucket>(cacheSize);

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Undefined: the source has said too much of this object, the event is dropped. */
  observe(sighting: Sighting): Observation | undefined {
    const now = this.#clock.elapsed();
    const { series, message } = this.#aggregate(sighting, now);
    const known = this.#series.get(series) ?? { count: 0, first: this.#clock.now() };
    known.count++;
    this.#series.set(series, known);
    if (!this.#allowed(sighting.subject, now)) return undefined;
    return { series, message, count: known.count, first: known.first };
  }

  #aggregate(sighting: Sighting, now: number): { series: string; message: string } {
    const { subject, kind, message } = sighting;
    const group = `${subject}\n${kind}`;
    let similar = this.#similar.get(group);
    if (!similar || now - similar.last > similarWindow) similar = { messages: new Set(), last: now };
    similar.messages.add(message);
    similar.last = now;
    this.#similar.set(group, similar);
    if (similar.messages.size < similarLimit) return { series: `${group}\n${message}`, message };
    const [oldest] = similar.messages;
    if (oldest !== undefined) similar.messages.delete(oldest);
    return { series: group, message: `(combined from similar events): ${message}` };
  }

  #allowed(subject: string, now: number): boolean {
    const bucket = this.#buckets.get(subject) ?? { tokens: spamBurst, last: now };
    bucket.tokens = Math.min(spamBurst, bucket.tokens + (now - bucket.last) / spamRefill);
    bucket.last = now;
    const allowed = bucket.tokens >= 1;
    if (allowed) bucket.tokens--;
    this.#buckets.set(subject, bucket);
    return allowed;
  }
}

/** Keeps the most recently set entries. */
export class RecentMap<V> {
  readonly #entries = new Map<string, V>();
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get(key: string): V | undefined {
    return this.#entries.get(key);
  }

  set(key: string, value: V): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    if (this.#entries.size <= this.#limit) return;
    const [oldest] = this.#entries.keys();
    if (oldest !== undefined) this.#entries.delete(oldest);
  }
}
