import type { Revision, StoreEvent } from "../types.ts";
import type { EventPage } from "./log.ts";

export interface RingLimits {
  readonly events: number;
  /** Of values; what a value shares with the index counts too. */
  readonly bytes: number;
}

/** The newest events in memory, so that a watch which resumes shortly after costs the disk nothing. */
export class EventRing {
  readonly #limits: RingLimits;
  #events: StoreEvent[] = [];
  /** Where the ring begins in #events; the dead part is cut off when it is the larger one. */
  #head = 0;
  #bytes = 0;
  #floor: Revision;

  /** `floor`: everything up to here is not in the ring. */
  constructor(limits: RingLimits, floor: Revision) {
    this.#limits = limits;
    this.#floor = floor;
  }

  /** Every event after this revision is here. */
  get floor(): Revision {
    return this.#floor;
  }

  push(event: StoreEvent): void {
    this.#events.push(event);
    this.#bytes += event.value.length;
    while (this.#events.length - this.#head > this.#limits.events || this.#bytes > this.#limits.bytes) this.#shift();
    if (this.#head > 1024 && this.#head * 2 > this.#events.length) {
      this.#events = this.#events.slice(this.#head);
      this.#head = 0;
    }
  }

  /** A page of the events under the prefix after `after`, which must not be below the floor. */
  page(prefix: string, after: Revision, newest: Revision, limit: number): EventPage {
    const events: StoreEvent[] = [];
    for (let i = this.#firstAfter(after); i < this.#events.length; i++) {
      const event = this.#events[i] as StoreEvent;
      if (!event.key.startsWith(prefix)) continue;
      events.push(event);
      if (events.length === limit) return { events, through: event.revision };
    }
    return { events, through: newest };
  }

  #firstAfter(revision: Revision): number {
    let low = this.#head;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#events[middle] as StoreEvent).revision <= revision) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #shift(): void {
    const event = this.#events[this.#head] as StoreEvent;
    // A hole would turn the array into a slow one; the newest event holds nothing that is not held anyway.
    this.#events[this.#head++] = this.#events.at(-1) as StoreEvent;
    this.#bytes -= event.value.length;
    this.#floor = event.revision;
  }
}
