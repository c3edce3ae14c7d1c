import { CompactedError, type Revision, StoreError, type StoreEvent, type Watch, type WatchSink } from "../types.ts";
import type { EventRing } from "./event-ring.ts";
import type { EventPage } from "./log.ts";
import { type Topic, WatchTopics } from "./watch-topics.ts";

/** How many events a call brings while a watch catches up. */
const pageEvents = 500;

export interface WatchHubOptions {
  readonly ring: EventRing;
  /** The newest durable revision at the start. */
  readonly revision: Revision;
  readonly compacted: () => Revision;
  /** Older events than the ring's, from the log. */
  readonly history: (prefix: string, after: Revision, through: Revision) => Promise<EventPage>;
  readonly report: (error: unknown, message: string) => void;
}

interface Watcher extends Watch {
  readonly prefix: string;
  readonly sink: WatchSink;
  state: "catching-up" | "live" | "closed";
  /** Delivered up to here; a live watch is further, as far as the hub is. */
  position: Revision;
}

/** Hands durable events to watches, in order of their revision, the newest from memory and older ones from the log. */
export class WatchHub {
  readonly #options: WatchHubOptions;
  readonly #ring: EventRing;
  readonly #topics = new WatchTopics<Watcher>();
  readonly #watchers = new Set<Watcher>();
  /** Where the hub is: live watches have been handed everything up to here, save the group that is being handed out now. */
  #revision: Revision;
  /** As #revision, but only raised when the whole group has been handed out. */
  #handedOut: Revision;

  constructor(options: WatchHubOptions) {
    this.#options = options;
    this.#ring = options.ring;
    this.#revision = options.revision;
    this.#handedOut = options.revision;
  }

  get size(): number {
    return this.#watchers.size;
  }

  watch(prefix: string, after: Revision, sink: WatchSink): Watch {
    if (after < this.#options.compacted()) throw new CompactedError(after, this.#options.compacted());
    const hub = this;
    const watcher: Watcher = {
      prefix,
      sink,
      state: "catching-up",
      position: after,
      get through() {
        return this.state === "live" ? Math.max(this.position, hub.#handedOut) : this.position;
      },
      close: () => this.#remove(watcher),
    };
    this.#watchers.add(watcher);
    if (after >= this.#revision) this.#goLive(watcher);
    else setImmediate(() => void this.#catchUp(watcher));
    return watcher;
  }

  /** One committed group, in ascending revision. */
  publish(events: readonly StoreEvent[]): void {
    const through = events.at(-1)?.revision;
    if (through === undefined) return;
    for (const event of events) this.#ring.push(event);
    this.#revision = through;
    const batches = new Map<Topic<Watcher>, StoreEvent[]>();
    for (const event of events) {
      for (let topic = this.#topics.deepest(event.key); topic; topic = topic.parent) {
        const batch = batches.get(topic);
        if (batch) batch.push(event);
        else batches.set(topic, [event]);
      }
    }
    for (const [topic, batch] of batches) {
      for (const watcher of topic.members) {
        // Asked for from a revision to come, or opened by a sink that was called a moment ago.
        const from = watcher.position;
        const due = (batch[0] as StoreEvent).revision > from ? batch : batch.filter((event) => event.revision > from);
        if (due.length > 0) this.#deliver(watcher, due, through);
      }
    }
    this.#handedOut = through;
  }

  endAll(error: StoreError): void {
    for (const watcher of [...this.#watchers]) this.#end(watcher, error);
  }

  /**
   * From history to live without a gap and without a duplicate: a watch joins the live ones in the very turn in which it
   * finds that its position is the hub's, with nothing awaited in between, and publish() moves the hub and hands out in one
   * turn as well. So an event is either at or below the position (read here) or above it (handed out live), never both and
   * never neither; no buffer is needed for what happens while a page is read, the next page brings it.
   */
  async #catchUp(watcher: Watcher): Promise<void> {
    try {
      while (watcher.state === "catching-up") {
        if (watcher.position >= this.#revision) {
          this.#goLive(watcher);
          return;
        }
        const page = await this.#page(watcher);
        if (watcher.state !== "catching-up") return;
        if (page.events.length > 0) await this.#deliver(watcher, page.events, page.through);
        else watcher.position = page.through;
      }
    } catch (error) {
      if (error instanceof StoreError) this.#end(watcher, error);
      else this.#failed(watcher, error);
    }
  }

  #page(watcher: Watcher): EventPage | Promise<EventPage> {
    const { position, prefix } = watcher;
    if (position < this.#options.compacted()) throw new CompactedError(position, this.#options.compacted());
    if (position >= this.#ring.floor) return this.#ring.page(prefix, position, this.#revision, pageEvents);
    return this.#options.history(prefix, position, this.#revision);
  }

  #goLive(watcher: Watcher): void {
    watcher.state = "live";
    this.#topics.add(watcher.prefix, watcher);
  }

  #deliver(watcher: Watcher, batch: readonly StoreEvent[], through: Revision): Promise<void> | undefined {
    if (watcher.state === "closed") return undefined;
    // Before the call: a receiver that closes the watch within it wants to go on from here.
    watcher.position = through;
    try {
      const held = watcher.sink.events(batch, through);
      if (!held) return undefined;
      if (watcher.state === "catching-up") return held;
      held.catch((error: unknown) => this.#failed(watcher, error));
    } catch (error) {
      this.#failed(watcher, error);
    }
    return undefined;
  }

  #failed(watcher: Watcher, error: unknown): void {
    if (watcher.state === "closed") return;
    this.#options.report(error, `the receiver of a watch on ${watcher.prefix} failed; the watch ends`);
    this.#end(watcher, new StoreError("the receiver of the watch failed", { cause: error }));
  }

  #end(watcher: Watcher, error: StoreError): void {
    if (!this.#remove(watcher)) return;
    try {
      watcher.sink.ended(error);
    } catch (fault) {
      this.#options.report(fault, `the receiver of a watch on ${watcher.prefix} failed at its end`);
    }
  }

  #remove(watcher: Watcher): boolean {
    if (watcher.state === "live") {
      this.#topics.remove(watcher.prefix, watcher);
      watcher.position = watcher.through;
    }
    watcher.state = "closed";
    return this.#watchers.delete(watcher);
  }
}
