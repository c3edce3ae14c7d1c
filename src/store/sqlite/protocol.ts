import type { Revision, StoreUnavailableError } from "../types.ts";
import type { DatabaseOptions } from "./database.ts";
import type { PackedRows } from "./packed-rows.ts";

/** What the store's thread asks of the thread that owns the database. Answered in the order they were asked. */
export type Request =
  | { readonly op: "append"; readonly rows: PackedRows; readonly epoch: number }
  | { readonly op: "get"; readonly key: string; readonly revision: Revision }
  | {
      readonly op: "list";
      readonly prefix: string;
      readonly after: string | undefined;
      readonly limit: number;
      readonly revision: Revision;
    }
  | { readonly op: "events"; readonly prefix: string; readonly after: Revision; readonly through: Revision }
  | { readonly op: "beginCompaction"; readonly revision: Revision }
  | { readonly op: "compactStep" }
  /** Takes back what was refused but may be on the disk. */
  | { readonly op: "forgetAfter"; readonly revision: Revision }
  | { readonly op: "close" };

export interface Answer {
  readonly rows?: PackedRows;
  /** list: go on after this key. */
  readonly next?: string;
  /** events: read up to here. */
  readonly through?: Revision;
  /** compactStep: whether there is more to do. */
  readonly more?: boolean;
  /** close: why the log could not be put into the database; it will be at the next start. */
  readonly left?: string;
}

/** What a load ends with. */
export interface Loaded {
  readonly revision: Revision;
  readonly compactedRevision: Revision;
  /** A compaction was cut short: it wants to be finished. */
  readonly compacting: boolean;
}

/** A fault as plain data: classes do not survive the way between threads. */
export type Fault =
  | { readonly kind: "unavailable"; readonly reason: StoreUnavailableError["reason"]; readonly message: string }
  | { readonly kind: "compacted"; readonly asked: Revision; readonly compacted: Revision }
  | { readonly kind: "store"; readonly message: string };

/** What the worker is started with. */
export interface WorkerStart extends DatabaseOptions {
  /** The rows are known already: the thread takes the place of one that died. */
  readonly withoutRows?: boolean;
}

export type FromWorker =
  | { readonly type: "rows"; readonly rows: PackedRows }
  | { readonly type: "loaded"; readonly loaded: Loaded }
  | { readonly type: "refused"; readonly fault: Fault }
  | { readonly type: "answer"; readonly id: number; readonly answer: Answer }
  | { readonly type: "fault"; readonly id: number; readonly fault: Fault };

export interface ToWorker {
  readonly id: number;
  readonly request: Request;
}
