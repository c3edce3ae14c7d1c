import { expect, test } from "vitest";
import type { Row, Write } from "../../../src/store/mvcc/row.ts";
import { Engine } from "../../../src/store/sqlite/engine.ts";
import { InlineChannel } from "../../../src/store/sqlite/inline-channel.ts";
import type { Answer, Request } from "../../../src/store/sqlite/protocol.ts";
import { type EngineChannel, SqliteLog } from "../../../src/store/sqlite/sqlite-log.ts";
import { StoreUnavailableError } from "../../../src/store/types.ts";

/** Commits, and then says that it failed: a sync that failed with the bytes on the disk, a thread that died before it could answer. */
class DoubtfulChannel implements EngineChannel {
  readonly #channel = new InlineChannel(new Engine({ file: ":memory:" }));
  failAppends = 0;
  failForgets = 0;
  forgets = 0;

  async ask(request: Request): Promise<Answer> {
    if (request.op === "forgetAfter") {
      this.forgets++;
      if (this.failForgets-- > 0) throw new StoreUnavailableError("io", "planted");
    }
    const answer = await this.#channel.ask(request);
    if (request.op === "append" && this.failAppends-- > 0) throw new StoreUnavailableError("io", "planted");
    return answer;
  }

  bytes(): number {
    return this.#channel.bytes();
  }

  end(): Promise<void> {
    return this.#channel.end();
  }
}

function create(modRevision: number): Write {
  const key = `/${modRevision}`;
  const value = Buffer.from(String(modRevision));
  const row: Row = {
    key,
    sort: key,
    value,
    createRevision: modRevision,
    modRevision,
    slot: 0,
    deleted: false,
    slab: undefined,
  };
  return { row, previous: undefined };
}

const revisions = async (log: SqliteLog): Promise<number[]> =>
  (await log.events("", 0, 100)).events.map(({ revision }) => revision);

test("a write that was refused is taken back from the disk before its caller hears of it", async () => {
  const channel = new DoubtfulChannel();
  const log = new SqliteLog(channel, () => undefined);
  await log.append([create(1)]);
  channel.failAppends = 1;
  await expect(log.append([create(2), create(3)])).rejects.toThrow("planted");
  expect(await revisions(log)).toEqual([1]);
  await log.append([create(2)]);
  expect(await revisions(log)).toEqual([1, 2]);
  expect(channel.forgets).toBe(1);
});

test("where that fails too, it is told, and done before the next write", async () => {
  const channel = new DoubtfulChannel();
  const reported: string[] = [];
  const log = new SqliteLog(channel, (_, message) => reported.push(message));
  await log.append([create(1)]);
  channel.failAppends = 1;
  channel.failForgets = 2;
  await expect(log.append([create(2), create(3)])).rejects.toThrow("planted");
  expect(reported).toEqual(["writes that were refused may be on the disk; the next write takes them back"]);
  await expect(log.append([create(2)])).rejects.toThrow("planted");
  await log.append([create(2), create(3), create(4)]);
  expect(await revisions(log)).toEqual([1, 2, 3, 4]);
});

test("a group that was sent on top of the failed one takes nothing back", async () => {
  const channel = new DoubtfulChannel();
  const log = new SqliteLog(channel, () => undefined);
  await log.append([create(1)]);
  channel.failAppends = 2;
  const failed = await Promise.allSettled([log.append([create(2)]), log.append([create(3)])]);
  expect(failed.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  expect(channel.forgets).toBe(1);
  expect(await revisions(log)).toEqual([1]);
});
