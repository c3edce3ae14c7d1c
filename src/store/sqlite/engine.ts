import type { Database, Statement } from "better-sqlite3";
import { StoreUnavailableError } from "../types.ts";
import { Compaction } from "./compaction.ts";
import { type DatabaseOptions, openDatabase } from "./database.ts";
import { History } from "./history.ts";
import { load } from "./load.ts";
import { type PackedRows, unpackRows } from "./packed-rows.ts";
import type { Answer, Loaded, Request } from "./protocol.ts";
import { encodeRow } from "./row-codec.ts";

/** The database and everything done to it, synchronously: in a worker thread for a file, in place for a store in memory. */
export class Engine {
  readonly #database: Database;
  readonly #history: History;
  readonly #compaction: Compaction;
  readonly #insert: Statement;
  readonly #append: (rows: PackedRows) => void;
  /** Appends of this epoch and before were decided on top of one that failed. */
  #failedEpoch = 0;

  constructor(options: DatabaseOptions) {
    const database = openDatabase(options);
    this.#database = database;
    this.#compaction = new Compaction(database);
    this.#history = new History(database, () => this.#compaction.compacted);
    this.#insert = database.prepare("INSERT INTO revisions VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
    this.#append = database.transaction((rows: PackedRows) => {
      for (const row of unpackRows(rows)) this.#insert.run(encodeRow(row));
    }).immediate;
  }

  load(take: (rows: PackedRows) => void): Loaded {
    return load(this.#database, take);
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
      case "close":
        this.close();
        return {};
    }
  }

  /** Size in pages as the database sees it; for a file the files themselves tell more exactly. */
  bytes(): number {
    const [pages, size] = ["page_count", "page_size"].map((name) =>
      Number(this.#database.pragma(name, { simple: true })),
    );
    return (pages ?? 0) * (size ?? 0);
  }

  close(): void {
    if (!this.#database.open) return;
    try {
      this.#database.pragma("wal_checkpoint(TRUNCATE)");
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
      throw error;
    }
  }
}
