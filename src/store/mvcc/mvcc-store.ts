import {
  CompactedError,
  ConflictError,
  type Entry,
  FutureRevisionError,
  KeyExistsError,
  KeyNotFoundError,
  type ListOptions,
  type ListResult,
  type Revision,
  type Store,
  StoreClosedError,
  StoreError,
  type StoreEvent,
  type StoreHealth,
  type StoreUnavailableError,
  type Template,
  type Watch,
  type WatchOptions,
  type WatchSink,
} from "../types.ts";
import { sortable } from "./collation.ts";
import { CommitQueue, type WaitingWrite } from "./commit-queue.ts";
import { EventRing, type RingLimits } from "./event-ring.ts";
import type { KeyIndex } from "./key-index.ts";
import type { RevisionLog } from "./log.ts";
import { isRecent, listRecentPast } from "./recent-past.ts";
import type { Row } from "./row.ts";
import type { Slab, Slabs } from "./slab.ts";
import { WatchHub } from "./watch-hub.ts";

/** Has no UTF-8 form: two such keys would become one on the disk. */
const loneSurrogate = /\p{Surrogate}/u;

export interface MvccStoreOptions {
  readonly log: RevisionLog;
  /** The newest state, as loaded. */
  readonly index: KeyIndex<Row>;
  readonly slabs: Slabs;
  readonly revision: Revision;
  readonly compactedRevision: Revision;
  readonly ring: RingLimits;
  /** Groups under way at once. */
  readonly commitDepth: number;
  readonly report: (error: unknown, message: string) => void;
}

/**
 * The store over any log: decides writes in memory, makes them visible once the log has them, serves the newest state
 * from memory and the past from the log.
 *
 * There are two states. The durable one is #index at #revision: what everybody reads. The decided one is that plus
 * #undurable, at #decided: what the next write is compared with, so that a hundred writers need not wait for one another's
 * sync. A failed commit forgets the decided state, which nobody has seen.
 */
export class MvccStore implements Store {
  readonly #log: RevisionLog;
  readonly #index: KeyIndex<Row>;
  readonly #slabs: Slabs;
  readonly #queue: CommitQueue;
  readonly #ring: EventRing;
  readonly #hub: WatchHub;
  /** The newest write of every key that has one on its way to the disk. */
  readonly #undurable = new Map<string, WaitingWrite>();
  #revision: Revision;
  #decided: Revision;
  #compacted: Revision;
  #fault: StoreUnavailableError | undefined;
  #closed: Promise<void> | undefined;
  #compaction: Promise<void> = Promise.resolve();

  constructor(options: MvccStoreOptions) {
    this.#log = options.log;
    this.#index = options.index;
    this.#slabs = options.slabs;
    this.#revision = options.revision;
    this.#decided = options.revision;
    this.#compacted = options.compactedRevision;
    this.#ring = new EventRing(options.ring, options.revision);
    this.#hub = new WatchHub({
      ring: this.#ring,
      revision: options.revision,
      compacted: () => this.#compacted,
      history: (prefix, after, through) => this.#log.events(prefix, after, through),
      report: options.report,
    });
    this.#queue = new CommitQueue({
      log: this.#log,
      depth: options.commitDepth,
      committed: (writes) => this.#committed(writes),
      failed: (error) => {
        this.#undurable.clear();
        this.#decided = this.#revision;
        if (!this.#fault) options.report(error, "the disk does not take writes");
        this.#fault = error;
      },
    });
  }

  get revision(): Revision {
    return this.#revision;
  }

  get compactedRevision(): Revision {
    return this.#compacted;
  }

  async get(key: string, revision?: Revision): Promise<Entry | undefined> {
    this.#checkOpen();
    const newest = this.#index.get(key);
    if (revision === undefined) return newest;
    this.#checkReadable(revision);
    if (revision === this.#revision) return newest;
    // Unchanged since then: no need to ask the disk.
    if (newest && newest.modRevision <= revision) return newest;
    return this.#log.get(key, revision);
  }

  async list(options: ListOptions): Promise<ListResult> {
    this.#checkOpen();
    const { prefix, after, limit = 0, revision = this.#revision } = options;
    this.#checkReadable(revision);
    if (revision !== this.#revision) {
      if (!isRecent(revision, this.#revision, this.#ring.floor)) return this.#listPast(prefix, after, limit, revision);
      const { events } = this.#ring.page(prefix, revision, this.#revision, Number.POSITIVE_INFINITY);
      return { ...listRecentPast(this.#index, events, { prefix, after, limit }), revision };
    }
    const { rows, remaining } = this.#index.range(prefix, after, limit);
    return { entries: rows, revision, more: remaining > 0, remaining };
  }

  async #listPast(prefix: string, after: string | undefined, limit: number, revision: Revision): Promise<ListResult> {
    const entries: Entry[] = [];
    // One more than asked for tells whether there is more.
    const wanted = limit > 0 ? limit + 1 : Number.POSITIVE_INFINITY;
    let from: string | undefined = after;
    do {
      const page = await this.#log.list(prefix, from, Math.min(wanted - entries.length, 1e9), revision);
      for (const row of page.rows) entries.push(row);
      from = page.next;
    } while (from !== undefined && entries.length < wanted);
    if (entries.length < wanted) return { entries, revision, more: false, remaining: 0 };
    return { entries: entries.slice(0, limit), revision, more: true };
  }

  async count(prefix: string): Promise<number> {
    this.#checkOpen();
    return this.#index.count(prefix);
  }

  create(key: string, template: Template): Promise<Entry> {
    return this.#write(key, (current) => {
      if (current) return () => new KeyExistsError(key);
      const revision = this.#decided + 1;
      return this.#row(key, this.#slabs.stamp(template, revision), template.slot, revision, revision, false);
    });
  }

  update(key: string, template: Template, expected: Revision): Promise<Entry> {
    return this.#write(key, (current) => {
      if (current?.modRevision !== expected) return () => this.#lost(key, expected, current);
      const revision = this.#decided + 1;
      const value = this.#slabs.stamp(template, revision);
      return this.#row(key, value, template.slot, current.createRevision, revision, false);
    });
  }

  delete(key: string, expected: Revision): Promise<Entry> {
    return this.#write(key, (current) => {
      if (current?.modRevision !== expected) return () => this.#lost(key, expected, current);
      const revision = this.#decided + 1;
      const value = this.#slabs.restamp(current, revision);
      return this.#row(key, value, current.slot, current.createRevision, revision, true);
    });
  }

  /** Decides a write at once, in this very turn: the row to commit, or the error that tells why it lost. */
  #write(key: string, decide: (current: Row | undefined) => Row | (() => StoreError)): Promise<Entry> {
    return new Promise((resolve, refuse) => {
      this.#checkOpen();
      if (loneSurrogate.test(key)) throw new StoreError(`key is not well-formed Unicode: ${JSON.stringify(key)}`);
      const undurable = this.#undurable.get(key);
      const current = undurable ? (undurable.row.deleted ? undefined : undurable.row) : this.#index.get(key);
      const decision = decide(current);
      if (typeof decision === "function") {
        if (undurable) this.#queue.afterwards(() => refuse(decision()), refuse);
        else refuse(decision());
        return;
      }
      this.#decided = decision.modRevision;
      const write: WaitingWrite = { row: decision, previous: current, accept: () => resolve(decision), refuse };
      this.#undurable.set(key, write);
      this.#queue.add(write);
    });
  }

  #lost(key: string, expected: Revision, current: Row | undefined): StoreError {
    return current ? new ConflictError(key, expected, current) : new KeyNotFoundError(key);
  }

  #row(
    key: string,
    { value, slab }: { value: Buffer; slab: Slab | undefined },
    slot: number,
    createRevision: Revision,
    modRevision: Revision,
    deleted: boolean,
  ): Row {
    return { key, sort: sortable(key), value, createRevision, modRevision, slot, deleted, slab };
  }

  #committed(writes: readonly WaitingWrite[]): void {
    const events: StoreEvent[] = [];
    for (const write of writes) {
      const { row } = write;
      const old = row.deleted ? this.#index.delete(row.key) : this.#index.set(row);
      if (!row.deleted) this.#slabs.keep(row);
      if (old) this.#slabs.drop(old);
      if (this.#undurable.get(row.key) === write) this.#undurable.delete(row.key);
      this.#revision = row.modRevision;
      events.push(eventOf(write));
    }
    this.#fault = undefined;
    this.#hub.publish(events);
  }

  watch(options: WatchOptions, sink: WatchSink): Watch {
    this.#checkOpen();
    return this.#hub.watch(options.prefix, options.after, sink);
  }

  async compact(revision: Revision): Promise<void> {
    this.#checkOpen();
    if (revision > this.#revision) throw new FutureRevisionError(revision, this.#revision);
    const turn = this.#compaction.then(async () => {
      if (revision > this.#compacted) {
        await this.#log.beginCompaction(revision);
        this.#compacted = revision;
      }
      await this.#finishCompaction();
    });
    // The next compaction begins after this one however it ended; its caller hears of the failure.
    this.#compaction = turn.catch(() => undefined);
    return turn;
  }

  /** Also goes on with a compaction that a crash cut short. */
  async #finishCompaction(): Promise<void> {
    while (!this.#closed && (await this.#log.compactStep()));
    if (this.#closed) throw new StoreClosedError();
  }

  health(): StoreHealth {
    return {
      writable: !this.#fault && !this.#closed,
      ...(this.#fault ? { fault: this.#fault } : {}),
      keys: this.#index.size,
      watchers: this.#hub.size,
      bytes: this.#log.bytes(),
    };
  }

  close(): Promise<void> {
    this.#closed ??= (async () => {
      await this.#queue.drain();
      this.#hub.endAll(new StoreClosedError());
      await this.#compaction;
      await this.#log.close();
    })();
    return this.#closed;
  }

  #checkOpen(): void {
    if (this.#closed) throw new StoreClosedError();
  }

  #checkReadable(revision: Revision): void {
    if (revision < this.#compacted) throw new CompactedError(revision, this.#compacted);
    if (revision > this.#revision) throw new FutureRevisionError(revision, this.#revision);
  }
}

function eventOf({ row, previous }: WaitingWrite): StoreEvent {
  return {
    type: row.deleted ? "delete" : previous ? "update" : "create",
    key: row.key,
    revision: row.modRevision,
    value: row.value,
    createRevision: row.createRevision,
    ...(previous ? { previous } : {}),
  };
}
