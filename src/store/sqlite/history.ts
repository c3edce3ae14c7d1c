import type { Database, Statement } from "better-sqlite3";
import { CompactedError, type Revision } from "../types.ts";
import { type PackedRow, packRows } from "./packed-rows.ts";
import type { Answer } from "./protocol.ts";
import { type Columns, columns, damaged, decodeRow } from "./row-codec.ts";

/** A page is a few milliseconds of work at most, because commits wait behind it. */
const pageKeys = 500;
const pageEvents = 500;
const pageScan = 2000;
const pageBytes = 1024 * 1024;

/** The past: reads of single revisions and pages of events. */
export class History {
  readonly #at: Statement<[string, Revision], Columns>;
  readonly #byRevision: Statement<[Revision], Columns>;
  readonly #nextKey: Statement<[string], string>;
  readonly #firstKey: Statement<[string], string>;
  readonly #scan: Statement<[Revision, Revision], [Revision, string]>;
  readonly #compacted: () => Revision;

  constructor(database: Database, compacted: () => Revision) {
    this.#compacted = compacted;
    this.#at = database
      .prepare<[string, Revision], Columns>(
        `SELECT ${columns} FROM revisions WHERE key = ? AND rev <= ? ORDER BY rev DESC LIMIT 1`,
      )
      .raw();
    this.#byRevision = database.prepare<[Revision], Columns>(`SELECT ${columns} FROM revisions WHERE rev = ?`).raw();
    this.#nextKey = database
      .prepare<[string], string>("SELECT key FROM revisions WHERE key > ? ORDER BY key LIMIT 1")
      .pluck();
    this.#firstKey = database
      .prepare<[string], string>("SELECT key FROM revisions WHERE key >= ? ORDER BY key LIMIT 1")
      .pluck();
    this.#scan = database
      .prepare<[Revision, Revision], [Revision, string]>(
        `SELECT rev, key FROM revisions WHERE rev > ? AND rev <= ? ORDER BY rev LIMIT ${pageScan}`,
      )
      .raw();
  }

  get(key: string, revision: Revision): Answer {
    this.#check(revision);
    const row = this.#standing(key, revision);
    return { rows: packRows(row ? [row] : []) };
  }

  /** Steps from key to key over the index, so that a key with a long history costs no more than one with a short one. */
  list(prefix: string, after: string | undefined, limit: number, revision: Revision): Answer {
    this.#check(revision);
    const rows: PackedRow[] = [];
    let bytes = 0;
    let key = after !== undefined && after >= prefix ? this.#nextKey.get(after) : this.#firstKey.get(prefix);
    for (let steps = 0; key?.startsWith(prefix); steps++) {
      const row = this.#standing(key, revision);
      if (row) {
        rows.push(row);
        bytes += row.value.length;
      }
      if (steps === pageKeys || rows.length >= limit || bytes > pageBytes) return { rows: packRows(rows), next: key };
      key = this.#nextKey.get(key);
    }
    return { rows: packRows(rows) };
  }

  events(prefix: string, after: Revision, through: Revision): Answer {
    this.#check(after);
    const rows: PackedRow[] = [];
    let bytes = 0;
    let read = after;
    const scanned = this.#scan.all(after, through);
    for (const [revision, key] of scanned) {
      if (key.startsWith(prefix)) {
        const row = this.#event(revision);
        rows.push(row);
        bytes += row.value.length + row.previous.length;
      }
      read = revision;
      if (rows.length === pageEvents || bytes > pageBytes) return { rows: packRows(rows), through: read };
    }
    return { rows: packRows(rows), through: scanned.length < pageScan ? through : read };
  }

  #standing(key: string, revision: Revision): PackedRow | undefined {
    const found = this.#at.get(key, revision);
    if (!found) return undefined;
    const row = decodeRow(found);
    return row.deleted ? undefined : row;
  }

  /** What an event above the compacted revision superseded is still there: it was the newest state when it was compacted. */
  #event(revision: Revision): PackedRow {
    const row = this.#row(revision);
    if (row.previousRevision === 0) return row;
    return { ...row, previous: this.#row(row.previousRevision).value };
  }

  #row(revision: Revision): PackedRow {
    const found = this.#byRevision.get(revision);
    if (!found) throw damaged(`revision ${revision} is missing`);
    return decodeRow(found);
  }

  #check(revision: Revision): void {
    const compacted = this.#compacted();
    if (revision < compacted) throw new CompactedError(revision, compacted);
  }
}
