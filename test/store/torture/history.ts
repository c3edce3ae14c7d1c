/**
 * What clients of a store saw, as lines that outlive a SIGKILL. Every record says what the store's revision was at that
 * moment, so that a checker can tell which states an operation may have seen.
 */
import type { StoreEvent } from "../../../src/store/types.ts";

/** [type, key, revision, createRevision, text, previous revision (0: none), previous text] */
export type EventRecord = [StoreEvent["type"], string, number, number, string, number, string];

/** [key, modRevision, createRevision, text] */
export type EntryRecord = [string, number, number, string];

export type HistoryRecord =
  /** A write or read begins. `text` is unique for each write. */
  | {
      t: "invoke";
      op: string;
      kind: "create" | "update" | "delete" | "get" | "list";
      key: string;
      expected: number;
      at: number;
    }
  /** A write was acknowledged with this revision. */
  | { t: "acked"; op: string; revision: number; at: number }
  /** A write was refused. `current` is the conflict's. */
  | { t: "refused"; op: string; error: string; current?: number; at: number }
  /** A read returned this: the state under the key or prefix at `revision`. */
  | { t: "read"; op: string; revision: number; entries: EntryRecord[]; at: number }
  | { t: "watch"; watch: string; prefix: string; after: number; at: number }
  | { t: "events"; watch: string; events: EventRecord[]; through: number; at: number }
  /** Watch.through, looked at between events. */
  | { t: "bookmark"; watch: string; through: number; at: number }
  | { t: "ended"; watch: string; error: string; at: number };

/** One life of a store, from a start to a crash, and what the next start found. */
export interface Life {
  /** The state it began with. */
  readonly revision: number;
  readonly entries: readonly EntryRecord[];
  readonly records: readonly HistoryRecord[];
  /** Everything that happened after `revision`, as the log tells it after the next start. */
  readonly log: readonly EventRecord[];
  /** The state after the next start. */
  readonly endRevision: number;
  readonly endEntries: readonly EntryRecord[];
}

/** A value that says who wrote it, of any length, in which every byte is known. */
export function writtenValue(text: string, length: number): { bytes: Buffer; slot: number } {
  const head = `${text} @`;
  return { bytes: Buffer.from(`${head} ${text.repeat(Math.ceil(length / text.length))}`), slot: head.length };
}

/** The text of a value that is whole and stamped with this revision; otherwise says what is wrong with it. */
export function textOf(value: Buffer, revision: number): string {
  const whole = value.toString("latin1");
  const text = whole.slice(0, whole.indexOf(" "));
  const head = `${text} @${revision} `;
  if (text === "" || !whole.startsWith(head)) return `torn: ${whole.slice(0, 40)}`;
  const rest = whole.slice(head.length);
  return rest === text.repeat(Math.ceil(rest.length / text.length)) ? text : `torn: ${whole.slice(0, 40)}`;
}

export function recordOf(event: StoreEvent): EventRecord {
  const { type, key, revision, createRevision, value, previous } = event;
  return [
    type,
    key,
    revision,
    createRevision,
    textOf(value, revision),
    previous?.modRevision ?? 0,
    previous ? textOf(previous.value, previous.modRevision) : "",
  ];
}
