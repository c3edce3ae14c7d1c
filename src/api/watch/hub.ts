import type { Clock } from "../../machinery/clock.ts";
import type { Revision, Store } from "../../store/types.ts";
import type { Resource } from "../registry/resource.ts";
import { Topic } from "./topic.ts";

/** A watcher that wants bookmarks. */
export interface BookmarkReceiver {
  bookmark(): void;
}

const bookmarkInterval = 60_000;
const tick = 5_000;
/** Events older than this many revisions are let go, as the store does: each keeps a quarter of a megabyte of the store's memory. */
const remembered = 10_000;
/** How many revisions pass between two looks at what is too old. */
const sweepEvery = 2_000;

/** The topics of all kinds that somebody has watched, and the bookmarks of those who asked for them. */
export class WatchHub {
  readonly #store: Store;
  readonly #clock: Clock;
  /** Events that watchers were sent as they happened, by what they watched. */
  readonly sent = new Map<Resource, number>();
  readonly #topics = new Map<string, Topic>();
  readonly #due = new Map<BookmarkReceiver, number>();
  #cancelTick: (() => void) | undefined;
  #swept: Revision = 0;

  constructor(store: Store, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  topic(prefix: string): Topic {
    let topic = this.#topics.get(prefix);
    if (topic === undefined) {
      topic = new Topic(this.#store, prefix, this.sent, {
        delivered: (through) => this.#sweep(through),
        ended: () => this.#topics.delete(prefix),
      });
      this.#topics.set(prefix, topic);
    }
    return topic;
  }

  /** How many are told of what happens under the prefix. */
  watchers(prefix: string): number {
    return this.#topics.get(prefix)?.watchers ?? 0;
  }

  /** A bookmark about every minute, each watcher at its own time. Returns the function that ends it. */
  bookmarks(receiver: BookmarkReceiver): () => void {
    this.#due.set(receiver, this.#nextBookmark());
    this.#cancelTick ??= this.#clock.after(tick, () => this.#tick());
    return () => {
      this.#due.delete(receiver);
    };
  }

  close(): void {
    this.#cancelTick?.();
    this.#due.clear();
    for (const topic of [...this.#topics.values()]) topic.close();
  }

  /** Kinds in which little happens would keep their events for days. */
  #sweep(through: Revision): void {
    if (through - this.#swept < sweepEvery) return;
    this.#swept = through;
    for (const topic of this.#topics.values()) topic.forget(through - remembered);
  }

  #nextBookmark(): number {
    return this.#clock.elapsed() + bookmarkInterval * (0.75 + Math.random() / 4);
  }

  #tick(): void {
    const now = this.#clock.elapsed();
    for (const [receiver, due] of this.#due) {
      if (due > now) continue;
      this.#due.set(receiver, this.#nextBookmark());
      receiver.bookmark();
    }
    this.#cancelTick = this.#due.size > 0 ? this.#clock.after(tick, () => this.#tick()) : undefined;
  }
}
