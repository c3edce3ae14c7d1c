import type { Entry, Revision } from "../types.ts";
import type { Slab } from "./slab.ts";

/** One row of the log as memory holds it. Handed out as the Entry it is; the rest is the store's own. */
export interface Row extends Entry {
  /** The key in the form that `<` orders (collation.ts). */
  readonly sort: string;
  /** Not readonly here: evacuating a slab moves the bytes, the row stays. */
  value: Buffer;
  /** Where the revision's digits begin in `value`. */
  readonly slot: number;
  /** The row says that the key is gone; `value` is then the last value, stamped with the delete's revision. */
  readonly deleted: boolean;
  /** Whose memory `value` is part of; undefined for a value that has its own. */
  slab: Slab | undefined;
}

/** A row before it is durable, with the row it replaces. */
export interface Write {
  readonly row: Row;
  readonly previous: Row | undefined;
}

export function previousRevision(write: Write): Revision {
  return write.previous?.modRevision ?? 0;
}
