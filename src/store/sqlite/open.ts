import { sortable } from "../mvcc/collation.ts";
import { KeyIndex } from "../mvcc/key-index.ts";
import { MvccStore } from "../mvcc/mvcc-store.ts";
import type { Row } from "../mvcc/row.ts";
import { Slabs } from "../mvcc/slab.ts";
import type { Store } from "../types.ts";
import type { DatabaseOptions } from "./database.ts";
import { type PackedRows, unpackRows } from "./packed-rows.ts";
import type { Loaded } from "./protocol.ts";
import { type EngineChannel, SqliteLog } from "./sqlite-log.ts";
import { type StartWorker, startWorker, WorkerChannel } from "./worker-channel.ts";

export interface StoreOptions {
  /** Faults of the disk and of watch receivers. */
  readonly log?: (level: "warn" | "error", message: string, error: unknown) => void;
  /** How much of the recent past is kept in memory for watches that resume. Default 10,000 events, 16 MB of values. */
  readonly ring?: { readonly events?: number; readonly bytes?: number };
  /** How many groups of writes may be on their way to the disk at once. Default 1: more was not measurably faster (docs/store.md). */
  readonly commitDepth?: number;
  /** See DatabaseOptions. */
  readonly checkpointPages?: number;
  /** Where the SQLite addon is, for a program that carries it inside. */
  readonly nativeBinding?: string;
}

export interface SqliteStoreOptions extends StoreOptions {
  /** The database; its folder must exist. Beside it SQLite keeps `FILE-wal`. */
  readonly file: string;
  /** Starts the writer thread. Default: the file `worker.ts` beside this one. */
  readonly startWorker?: StartWorker;
}

/**
 * Opens or creates a store in a file. Rejects with StoreUnavailableError when the disk does not let it (reason "read-only",
 * "corrupt", "io"; "in-use" when another process has it open) and with StoreError when the file is not kl's or of a newer kl.
 */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<Store> {
  const start = databaseOptions(options);
  const state = new LoadedState();
  const { channel, loaded } = await WorkerChannel.open(start, options.startWorker ?? startWorker, (rows) =>
    state.take(rows),
  );
  return makeStore(channel, state, loaded, options);
}

/** A store that is gone when it is closed: for tests and for a cluster that needs no tomorrow. The same code, no thread. */
export function openMemoryStore(options: StoreOptions = {}): Promise<Store> {
  return openInThisThread({ ...options, file: ":memory:" });
}

/** As openSqliteStore(), but the caller's event loop waits for the disk: where there is no disk, and to measure the difference. */
export async function openInThisThread(options: Omit<SqliteStoreOptions, "startWorker">): Promise<Store> {
  // Loaded here, because a store with a thread of its own never needs SQLite in this one.
  const { Engine } = await import("./engine.ts");
  const { InlineChannel } = await import("./inline-channel.ts");
  const engine = new Engine(databaseOptions(options));
  const state = new LoadedState();
  const loaded = engine.load((rows) => state.take(rows));
  return makeStore(new InlineChannel(engine), state, loaded, options);
}

function databaseOptions({ file, nativeBinding, checkpointPages }: StoreOptions & { file: string }): DatabaseOptions {
  return {
    file,
    ...(nativeBinding === undefined ? {} : { nativeBinding }),
    ...(checkpointPages === undefined ? {} : { checkpointPages }),
  };
}

class LoadedState {
  readonly index = new KeyIndex<Row>();
  readonly slabs = new Slabs((row) => this.index.get(row.key) === row);

  take(packed: PackedRows): void {
    const slab = this.slabs.adopt(Buffer.from(packed.bytes.buffer));
    for (const { key, revision: modRevision, createRevision, slot, value } of unpackRows(packed)) {
      const row: Row = { key, sort: sortable(key), value, createRevision, modRevision, slot, deleted: false, slab };
      this.index.set(row);
      this.slabs.keep(row);
    }
  }
}

function makeStore(channel: EngineChannel, state: LoadedState, loaded: Loaded, options: StoreOptions): Store {
  const report = (error: unknown, message: string): void => options.log?.("error", message, error);
  const store = new MvccStore({
    log: new SqliteLog(channel, report),
    index: state.index,
    slabs: state.slabs,
    revision: loaded.revision,
    compactedRevision: loaded.compactedRevision,
    ring: { events: options.ring?.events ?? 10_000, bytes: options.ring?.bytes ?? 16 * 1024 * 1024 },
    commitDepth: options.commitDepth ?? 1,
    report,
  });
  if (loaded.compacting) {
    store.compact(loaded.compactedRevision).catch((error: unknown) => report(error, "the compaction was not finished"));
  }
  return store;
}
