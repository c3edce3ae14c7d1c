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
  readonly #report: (error: unknown, message: string) => void;
  #epoch = 1;
  /** Writes after this revision were refused without it being certain that they are not on the disk. */
  #doubtAfter: Revision | undefined;

  constructor(channel: EngineChannel, report: (error: unknown, message: string) => void) {
    this.#channel = channel;
    this.#report = report;
  }

  async append(writes: readonly Write[]): Promise<void> {
    const epoch = this.#epoch;
    try {
      if (this.#doubtAfter !== undefined) await this.#forgetDoubtful();
      await this.#channel.ask({ op: "append", rows: packRows(writes.map(packed)), epoch });
    } catch (error) {
      // Only the first one that fails: the others were refused without being tried.
      if (this.#epoch === epoch) {
        this.#epoch++;
        if (error instanceof StoreUnavailableError && error.reason === "io") await this.#doubt(writes);
      }
      throw error;
    }
  }

  /**
   * The thread died, or a sync failed: whether the group reached the disk is not known. Its callers are told that it did
   * not, so first it is made so, if the disk lets us; else before the next write.
   */
  async #doubt(writes: readonly Write[]): Promise<void> {
    const before = (writes[0]?.row.modRevision ?? 1) - 1;
    this.#doubtAfter = Math.min(before, this.#doubtAfter ?? before);
    try {
      await this.#forgetDoubtful();
    } catch (error) {
      this.#report(error, "writes that were refused may be on the disk; the next write takes them back");
    }
  }

  async #forgetDoubtful(): Promise<void> {
    const revision = this.#doubtAfter;
    if (revision === undefined) return;
    await this.#channel.ask({ op: "forgetAfter", revision });
    if (this.#doubtAfter === revision) this.#doubtAfter = undefined;
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
      const { left } = await this.#channel.ask({ op: "close" });
      if (left !== undefined) this.#report(new Error(left), "the log stays beside the database until the next start");
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
