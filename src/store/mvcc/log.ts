import type { Revision, StoreEvent } from "../types.ts";
import type { Write } from "./row.ts";

/** A row of the log as it comes back from the disk. */
export interface LogRow {
  readonly key: string;
  readonly value: Buffer;
  readonly createRevision: Revision;
  readonly modRevision: Revision;
  readonly slot: number;
}

export interface LogPage {
  readonly rows: readonly LogRow[];
  /** Go on after this key; absent at the end of the prefix. */
  readonly next?: string;
}

export interface EventPage {
  readonly events: readonly StoreEvent[];
  /** The log has been read up to and including this revision. */
  readonly through: Revision;
}

/**
 * What the MVCC half of the store asks of a log on a disk. Calls may be made while others are under way; they take effect
 * in the order they were made. Rejections are StoreErrors.
 */
export interface RevisionLog {
  /** Atomic, and durable when it resolves. After a rejection every append made before it is known is rejected as well. */
  append(writes: readonly Write[]): Promise<void>;
  /** The row that stood under the key at `revision`. */
  get(key: string, revision: Revision): Promise<LogRow | undefined>;
  /** A page of bounded size of the state at `revision`. */
  list(prefix: string, after: string | undefined, limit: number, revision: Revision): Promise<LogPage>;
  /** A page of bounded size of what happened after `after` and up to `through`. */
  events(prefix: string, after: Revision, through: Revision): Promise<EventPage>;
  /** From now on, durably, the log reaches back to `revision` only; the rows go with compactStep(). */
  beginCompaction(revision: Revision): Promise<void>;
  /** Removes a bounded number of rows or gives back a bounded number of pages. Resolves with whether there is more to do. */
  compactStep(): Promise<boolean>;
  /** Size on the disk. */
  bytes(): number;
  close(): Promise<void>;
}
