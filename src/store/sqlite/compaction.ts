import type { Database, Statement } from "better-sqlite3";
import type { Revision } from "../types.ts";
import { readState } from "./load.ts";

/** Rows that one step takes: a few milliseconds, because commits wait behind it. */
const stepRows = 256;
/** Pages that one step gives back to the file system. */
const stepPages = 256;
/** Free pages are kept for the writes to come, unless they are more than this share of the file and worth the work. */
const spareShare = 0.25;
const spareFloor = 1024;

/** Forgets superseded and deleted rows up to a revision, in steps that a crash may cut at any point. */
export class Compaction {
  readonly #database: Database;
  readonly #superseding: Statement<[Revision, Revision], [Revision, Revision, number]>;
  readonly #remove: Statement<[Revision]>;
  readonly #setState: Statement<[number, string]>;
  readonly #step: () => boolean;
  #compacted: Revision;
  #done: Revision;
  #vacuuming = false;

  constructor(database: Database) {
    this.#database = database;
    this.#compacted = readState(database, "compacted");
    this.#done = readState(database, "compaction_done");
    this.#superseding = database
      .prepare<[Revision, Revision], [Revision, Revision, number]>(
        `SELECT rev, prev_rev, deleted FROM revisions WHERE prev_rev > 0 AND rev > ? AND rev <= ? ORDER BY rev LIMIT ${stepRows}`,
      )
      .raw();
    this.#remove = database.prepare("DELETE FROM revisions WHERE rev = ?");
    this.#setState = database.prepare("UPDATE state SET value = ? WHERE name = ?");
    this.#step = database.transaction(() => this.#removeSome()).immediate;
  }

  get compacted(): Revision {
    return this.#compacted;
  }

  begin(revision: Revision): void {
    if (revision <= this.#compacted) return;
    this.#setState.run(revision, "compacted");
    this.#compacted = revision;
  }

  /** Returns whether there is more to do. */
  step(): boolean {
    if (this.#done < this.#compacted) {
      this.#vacuuming = true;
      return this.#step() || this.#vacuuming;
    }
    if (!this.#vacuuming) return false;
    this.#vacuuming = this.#vacuum();
    return this.#vacuuming;
  }

  #removeSome(): boolean {
    const rows = this.#superseding.all(this.#done, this.#compacted);
    for (const [revision, previous, deleted] of rows) {
      this.#remove.run(previous);
      if (deleted === 1) this.#remove.run(revision);
    }
    const last = rows.length < stepRows ? this.#compacted : (rows.at(-1)?.[0] ?? this.#compacted);
    this.#setState.run(last, "compaction_done");
    this.#done = last;
    return last < this.#compacted;
  }

  /** Returns whether there are still more free pages than are worth keeping. */
  #vacuum(): boolean {
    const free = Number(this.#database.pragma("freelist_count", { simple: true }));
    const pages = Number(this.#database.pragma("page_count", { simple: true }));
    if (free < spareFloor || free < pages * spareShare) return false;
    this.#database.pragma(`incremental_vacuum(${stepPages})`);
    return true;
  }
}
