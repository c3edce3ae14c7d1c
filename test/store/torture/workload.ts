import {
  ConflictError,
  type Entry,
  type Store,
  StoreClosedError,
  StoreError,
  type StoreEvent,
  type Watch,
} from "../../../src/store/types.ts";
import { type EntryRecord, type HistoryRecord, recordOf, textOf, writtenValue } from "./history.ts";

export interface WorkloadOptions {
  readonly store: Store;
  readonly random: () => number;
  readonly record: (record: HistoryRecord) => void;
  /** Makes the texts of this life unlike those of any other. */
  readonly life: string;
  readonly writers: number;
  readonly watchers: number;
  readonly running: () => boolean;
}

const prefixes = ["", "/a/", "/a/x/", "/b/", "/a/x/3", "/b/1"];
const keys = ["/a/x/", "/a/y/", "/b/"].flatMap((prefix) => Array.from({ length: 8 }, (_, i) => `${prefix}${i}`));

export function entryOf({ key, modRevision, createRevision, value }: Entry): EntryRecord {
  return [key, modRevision, createRevision, textOf(value, modRevision)];
}

/** Clients that write, read, watch and compact, and keep a history of what they saw. Ends when `running` says so. */
export class Workload {
  readonly #o: WorkloadOptions;
  readonly #base: number;
  #ops = 0;
  #watches = 0;

  constructor(options: WorkloadOptions) {
    this.#o = options;
    this.#base = options.store.revision;
  }

  async run(): Promise<void> {
    const { writers, watchers } = this.#o;
    await Promise.all([
      ...Array.from({ length: writers }, () => this.#repeat(() => this.#write())),
      this.#repeat(() => this.#read()),
      ...Array.from({ length: watchers }, () => this.#repeat(() => this.#watch())),
      this.#repeat(() => this.#compact()),
    ]);
  }

  async #repeat(step: () => Promise<void>): Promise<void> {
    while (this.#o.running()) {
      try {
        await step();
      } catch (error) {
        if (error instanceof StoreClosedError) return;
        throw error;
      }
    }
  }

  #pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.#o.random() * from.length)] as T;
  }

  #invoke(kind: "create" | "update" | "delete" | "get" | "list", key: string, expected: number): string {
    const op = `${this.#o.life}.${++this.#ops}`;
    this.#o.record({ t: "invoke", op, kind, key, expected, at: this.#o.store.revision });
    return op;
  }

  async #write(): Promise<void> {
    const { store, random } = this.#o;
    const key = this.#pick(keys);
    const current = await store.get(key);
    // Now and then with a revision that cannot be right, or for a key that may be there.
    const kind =
      current && random() < 0.95 ? (random() < 0.3 ? "delete" : "update") : random() < 0.9 ? "create" : "update";
    const expected = kind === "create" ? 0 : (current?.modRevision ?? 1) - (random() < 0.05 ? 1 : 0);
    const op = this.#invoke(kind, key, expected);
    const length = random() < 0.02 ? 60_000 : Math.floor(random() * 6000);
    const template = writtenValue(op, length);
    try {
      const entry = await (kind === "create"
        ? store.create(key, template)
        : kind === "update"
          ? store.update(key, template, expected)
          : store.delete(key, expected));
      this.#o.record({ t: "acked", op, revision: entry.modRevision, at: store.revision });
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      const current = error instanceof ConflictError ? { current: error.current.modRevision } : {};
      this.#o.record({ t: "refused", op, error: error.name, ...current, at: store.revision });
    }
  }

  async #read(): Promise<void> {
    const { store, random } = this.#o;
    const past = random() < 0.5 ? this.#base + Math.floor(random() * (store.revision - this.#base + 1)) : -1;
    const at = past < 0 ? {} : { revision: past };
    if (random() < 0.5) {
      const key = this.#pick(keys);
      const op = this.#invoke("get", key, past);
      const entry = await store.get(key, at.revision);
      const revision = past < 0 ? store.revision : past;
      this.#o.record({ t: "read", op, revision, entries: entry ? [entryOf(entry)] : [], at: store.revision });
    } else {
      const prefix = this.#pick(prefixes);
      const op = this.#invoke("list", prefix, past);
      const { entries, revision } = await store.list({ prefix, ...at });
      this.#o.record({ t: "read", op, revision, entries: entries.map(entryOf), at: store.revision });
    }
    await turn();
  }

  /** One prefix, watched and resumed a few times, by a fast or a slow receiver. */
  async #watch(): Promise<void> {
    const { store, random, record } = this.#o;
    const prefix = this.#pick(prefixes);
    let after = this.#base + Math.floor(random() * (store.revision - this.#base + 1));
    for (let resumes = Math.floor(random() * 4); resumes >= 0 && this.#o.running(); resumes--) {
      const name = `${this.#o.life}.w${++this.#watches}`;
      const slow = random() < 0.3;
      record({ t: "watch", watch: name, prefix, after, at: store.revision });
      const watch: Watch = store.watch(
        { prefix, after },
        {
          events: (batch: readonly StoreEvent[], through) => {
            record({ t: "events", watch: name, events: batch.map(recordOf), through, at: store.revision });
            return slow ? turn() : undefined;
          },
          ended: (error) => record({ t: "ended", watch: name, error: error.name, at: store.revision }),
        },
      );
      for (let turns = Math.floor(random() * 200); turns > 0 && this.#o.running(); turns--) await turn();
      record({ t: "bookmark", watch: name, through: watch.through, at: store.revision });
      after = watch.through;
      watch.close();
    }
  }

  /** Never beyond where this life began: its whole log is needed to judge it. */
  async #compact(): Promise<void> {
    const { store, random } = this.#o;
    for (let turns = 0; turns < 30 && this.#o.running(); turns++) await turn();
    const room = this.#base - store.compactedRevision;
    if (room > 0) await store.compact(store.compactedRevision + Math.ceil(random() * room));
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
