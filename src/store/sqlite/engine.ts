import type { Database, Statement } from "better-sqlite3";
import { type Revision, StoreUnavailableError } from "../types.ts";
import { Compaction } from "./compaction.ts";
import { type DatabaseOptions, openDatabase } from "./database.ts";
import { writingError } from "./faults.ts";
import { History } from "./history.ts";
import { loadRows, loadState } from "./load.ts";
import { type PackedRows, unpackRows } from "./packed-rows.ts";
import type { Answer, Loaded, Request } from "./protocol.ts";
import { encodeRow } from "./row-codec.ts";

/** The database and everything done to it, synchronously: in a worker thread for a file, in place for a store in memory. */
export class Engine {
  readonly #file: string;
  readonly #database: Database;
  readonly #history: History;
  readonly #compaction: Compaction;
  readonly #insert: Statement;
  readonly #append: (rows: PackedRows) => void;
  readonly #forget: (revision: Revision) => void;
  /** Appends of this epoch and before were decided on top of one that failed. */
  #failedEpoch = 0;

  constructor(options: DatabaseOptions) {
    const database = openDatabase(options);
    this.#file = options.file;
    this.#database = database;
    this.#compaction = new Compaction(database);
    this.#history = new History(database, () => this.#compaction.compacted);
    this.#insert = database.prepare("INSERT INTO revisions VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
    this.#append = database.transaction((rows: PackedRows) => {
      for (const row of unpackRows(rows)) this.#insert.run(encodeRow(row));
    }).immediate;
    const remove = database.prepare("DELETE FROM revisions WHERE rev > ?");
    const touch = database.prepare("UPDATE state SET value = value");
    // A commit whose sync failed is void for this connection, but may lie whole in the log's file, where the next start would
    // find it. Any commit after it takes its place there, so this one must write even when there is nothing to remove.
    this.#forget = database.transaction((revision: Revision) => {
      remove.run(revision);
      touch.run();
    }).immediate;
  }

  load(take: (rows: PackedRows) => void): Loaded {
    loadRows(this.#database, take);
    return this.state();
  }

  state(): Loaded {
    return loadState(this.#database);
  }

  /** Throws SqliteError and StoreErrors. */
  handle(request: Request): Answer {
    switch (request.op) {
      case "append":
        this.#appendGroup(request.rows, request.epoch);
        return {};
      case "get":
        return this.#history.get(request.key, request.revision);
      case "list":
        return this.#history.list(request.prefix, request.after, request.limit, request.revision);
      case "events":
        return this.#history.events(request.prefix, request.after, request.through);
      case "beginCompaction":
        this.#compaction.begin(request.revision);
        return {};
      case "compactStep":
        return { more: this.#compaction.step() };
      case "forgetAfter":
        this.#forget(request.revision);
        return {};
      case "close":
        return this.close();
    }
  }

  /** Size in pages as the database sees it; for a file the files themselves tell more exactly. */
  bytes(): number {
    const [pages, size] = ["page_count", "page_size"].map((name) =>
      Number(this.#database.pragma(name, { simple: true })),
    );
    return (pages ?? 0) * (size ?? 0);
  }

  close(): Answer {
    if (!this.#database.open) return {};
    try {
      this.#database.pragma("wal_checkpoint(TRUNCATE)");
      return {};
    } catch (error) {
      // A full disk, say. Nothing is lost by it.
      return { left: error instanceof Error ? error.message : String(error) };
    } finally {
      this.#database.close();
    }
  }

  #appendGroup(rows: PackedRows, epoch: number): void {
    if (epoch <= this.#failedEpoch) throw new StoreUnavailableError("io", "decided on top of a write that failed");
    try {
      this.#append(rows);
    } catch (error) {
      this.#failedEpoch = epoch;
      throw writingError(error, this.#file);
    }
  }
}
