import { crc32 } from "node:zlib";
import { StoreUnavailableError } from "../types.ts";
import type { PackedRow } from "./packed-rows.ts";

/** The columns of `revisions`, as every statement here selects them (raw). */
export const columns = "rev, key, create_rev, prev_rev, deleted, slot, sum, value";
export type Columns = [number, string, number, number, number, number, number, Buffer, ...unknown[]];

const nothing = Buffer.alloc(0);

export function damaged(how: string): StoreUnavailableError {
  return new StoreUnavailableError("corrupt", `the database is damaged: ${how}`);
}

export function encodeRow(row: PackedRow): Columns {
  const { key, revision, createRevision, previousRevision, slot, value } = row;
  const deleted = row.deleted ? 1 : 0;
  const sum = checksum(revision, key, createRevision, previousRevision, deleted, slot, value);
  return [revision, key, createRevision, previousRevision, deleted, slot, sum, value];
}

/** Throws StoreUnavailableError("corrupt") when the row is not what was written. */
export function decodeRow(columns: Columns, previous: Buffer = nothing): PackedRow {
  const [revision, key, createRevision, previousRevision, deleted, slot, sum, value] = columns;
  if (sum !== checksum(revision, key, createRevision, previousRevision, deleted, slot, value)) {
    throw damaged(`revision ${revision} of ${key} is not as it was written`);
  }
  return { revision, key, createRevision, previousRevision, deleted: deleted === 1, slot, value, previous };
}

function checksum(
  revision: number,
  key: string,
  createRevision: number,
  previousRevision: number,
  deleted: number,
  slot: number,
  value: Buffer,
): number {
  return crc32(value, crc32(`${revision} ${createRevision} ${previousRevision} ${deleted} ${slot} ${key}`));
}
