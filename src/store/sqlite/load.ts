import type { Database } from "better-sqlite3";
import type { PackedRow, PackedRows } from "./packed-rows.ts";
import { packRows } from "./packed-rows.ts";
import type { Loaded } from "./protocol.ts";
import { type Columns, columns, damaged, decodeRow } from "./row-codec.ts";

/** About a slab: the memory of a piece is kept as it is. */
const pieceBytes = 256 * 1024;

/** The newest row of every key that is not deleted, in the order of the keys, in pieces. */
export function loadRows(database: Database, take: (rows: PackedRows) => void): void {
  // The inner query reads the index alone; a key's history does not cost its values.
  const newest = database
    .prepare<[], [...Columns, string]>(
      `SELECT ${columns}, indexed FROM (SELECT key AS indexed, max(rev) AS newest FROM revisions GROUP BY key) LEFT JOIN revisions ON rev = newest`,
    )
    .raw();
  let piece: PackedRow[] = [];
  let size = 0;
  for (const row of newest.iterate()) {
    const indexed = row[8];
    // An index that is damaged, but still one, would otherwise hide a key or show an old value of it.
    if (row[1] !== indexed) throw damaged(`its index is wrong at ${indexed}`);
    const decoded = decodeRow(row);
    if (decoded.deleted) continue;
    if (size + decoded.value.length > pieceBytes && piece.length > 0) {
      take(packRows(piece));
      piece = [];
      size = 0;
    }
    piece.push(decoded);
    size += decoded.value.length;
  }
  if (piece.length > 0) take(packRows(piece));
}

export function loadState(database: Database): Loaded {
  const compacted = readState(database, "compacted");
  const last = database.prepare<[], number | null>("SELECT max(rev) FROM revisions").pluck().get() ?? 0;
  return {
    // A compaction may have taken the newest row (a delete), never one above itself.
    revision: Math.max(last, compacted),
    compactedRevision: compacted,
    compacting: readState(database, "compaction_done") < compacted,
  };
}

export function readState(database: Database, name: "compacted" | "compaction_done"): number {
  return database.prepare<[string], number>("SELECT value FROM state WHERE name = ?").pluck().get(name) ?? 0;
}
