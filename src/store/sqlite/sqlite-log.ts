import type { EventPage, LogPage, LogRow, RevisionLog } from "../mvcc/log.ts";
import { previousRevision, type Write } from "../mvcc/row.ts";
import { restamp } from "../mvcc/stamp.ts";
import { type Revision, type StoreEvent, StoreUnavailableError } from "../types.ts";
import { type PackedRow, packRows, unpackRows } from "./packed-rows.ts";
import type { Answer, Request } from "./protocol.ts";

/** The way to the engine, in another thread or in this one. */
export interface EngineChannel {
  /** In the order of the calls. Rejects with StoreErrors. */
  ask(request: Request): Promise<Answer>;
  bytes(): number;
  /** After the last answer. */
  end(): Promise<void>;
}

const nothing = Buffer.alloc(0);

/** The log as the MVCC half wants it, spoken over a channel. */
export class SqliteLog implements RevisionLog {
  readonly #channel: EngineChannel;
  #epoch = 1;

  constructor(channel: EngineChannel) {
    this.#channel = channel;
  }

  async append(writes: readonly Write[]): Promise<void> {
    const epoch = this.#epoch;
    try {
      await this.#channel.ask({ op: "append", rows: packRows(writes.map(packed)), epoch });
    } catch (error) {
      if (this.#epoch === epoch) this.#epoch++;
      throw error;
    }
  }

  async get(key: string, revision: Revision): Promise<LogRow | undefined> {
    const { rows } = await this.#channel.ask({ op: "get", key, revision });
    return rows && unpackRows(rows).map(logRow)[0];
  }

  async list(prefix: string, after: string | undefined, limit: number, revision: Revision): Promise<LogPage> {
    const { rows, next } = await this.#channel.ask({ op: "list", prefix, after, limit, revision });
    const page = rows ? unpackRows(rows).map(logRow) : [];
    return next === undefined ? { rows: page } : { rows: page, next };
  }

  async events(prefix: string, after: Revision, through: Revision): Promise<EventPage> {
    const answer = await this.#channel.ask({ op: "events", prefix, after, through });
    if (!answer.rows || answer.through === undefined) throw new StoreUnavailableError("io", "no events in the answer");
    return { events: unpackRows(answer.rows).map(event), through: answer.through };
  }

  async beginCompaction(revision: Revision): Promise<void> {
    await this.#channel.ask({ op: "beginCompaction", revision });
  }

  async compactStep(): Promise<boolean> {
    return (await this.#channel.ask({ op: "compactStep" })).more === true;
  }

  bytes(): number {
    return this.#channel.bytes();
  }

  async close(): Promise<void> {
    try {
      await this.#channel.ask({ op: "close" });
    } finally {
      await this.#channel.end();
    }
  }
}

function packed(write: Write): PackedRow {
  const { row } = write;
  return {
    key: row.key,
    revision: row.modRevision,
    createRevision: row.createRevision,
    previousRevision: previousRevision(write),
    deleted: row.deleted,
    slot: row.slot,
    value: row.deleted ? nothing : row.value,
    previous: nothing,
  };
}

function logRow(row: PackedRow): LogRow {
  return {
    key: row.key,
    value: row.value,
    createRevision: row.createRevision,
    modRevision: row.revision,
    slot: row.slot,
  };
}

function event(row: PackedRow): StoreEvent {
  const { key, revision, createRevision, previousRevision: before } = row;
  const value = row.deleted ? restamp(row.previous, row.slot, before, revision) : row.value;
  if (before === 0) return { type: "create", key, revision, value, createRevision };
  const previous = { value: row.previous, modRevision: before };
  return { type: row.deleted ? "delete" : "update", key, revision, value, createRevision, previous };
}
