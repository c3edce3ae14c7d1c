import { beforeEach, expect, test, vi } from "vitest";
import { KeyIndex } from "../../../src/store/mvcc/key-index.ts";
import { MvccStore } from "../../../src/store/mvcc/mvcc-store.ts";
import type { Row } from "../../../src/store/mvcc/row.ts";
import { Slabs } from "../../../src/store/mvcc/slab.ts";
import { Engine } from "../../../src/store/sqlite/engine.ts";
import { InlineChannel } from "../../../src/store/sqlite/inline-channel.ts";
import { SqliteLog } from "../../../src/store/sqlite/sqlite-log.ts";
import { StoreUnavailableError } from "../../../src/store/types.ts";
import { template } from "../backends.ts";
import { RecordingSink } from "../recording-sink.ts";
import { HeldLog } from "./held-log.ts";

let log: HeldLog;
let store: MvccStore;
const told: string[] = [];

beforeEach(() => {
  told.length = 0;
  log = new HeldLog(new SqliteLog(new InlineChannel(new Engine({ file: ":memory:" })), () => undefined));
  const index = new KeyIndex<Row>();
  store = new MvccStore({
    log,
    index,
    slabs: new Slabs((row) => index.get(row.key) === row),
    revision: 0,
    compactedRevision: 0,
    ring: { events: 100, bytes: 1e6 },
    commitDepth: 2,
    report: () => undefined,
  });
});

/** Notes how the write ends. */
function note(name: string, write: Promise<{ modRevision: number }>): void {
  write.then(
    ({ modRevision }) => told.push(`${name} ${modRevision}`),
    (error: unknown) =>
      told.push(`${name} ${error instanceof StoreUnavailableError ? error.reason : (error as Error).name}`),
  );
}

const groups = (count: number): Promise<void> =>
  vi.waitFor(() => expect(log.held).toHaveLength(count), { interval: 1 });

test("the writes of a turn are one group; those that come while two are under way are the next", async () => {
  note("a", store.create("/a", template("x")));
  note("b", store.create("/b", template("x")));
  await groups(1);
  note("c", store.create("/c", template("x")));
  await groups(2);
  note("d", store.create("/d", template("x")));
  await new Promise((resolve) => setImmediate(resolve));
  note("e", store.create("/e", template("x")));
  await new Promise((resolve) => setImmediate(resolve));
  expect(log.held.map(({ revisions }) => revisions)).toEqual([[1, 2], [3]]);
  expect([store.revision, told]).toEqual([0, []]);
  await log.held[0]?.commit();
  await groups(3);
  expect(log.held[2]?.revisions).toEqual([4, 5]);
  expect([store.revision, told]).toEqual([2, ["a 1", "b 2"]]);
  await log.held[1]?.commit();
  await log.held[2]?.commit();
  await vi.waitFor(() => expect(told).toEqual(["a 1", "b 2", "c 3", "d 4", "e 5"]));
});

test("a commit that fails takes with it what was decided on top, and nothing of it is ever seen", async () => {
  const sink = new RecordingSink();
  store.watch({ prefix: "", after: 0 }, sink);
  note("a", store.create("/a", template("x")));
  await groups(1);
  await log.held[0]?.commit();
  await vi.waitFor(() => expect(told).toEqual(["a 1"]));
  note("update", store.update("/a", template("y"), 1));
  await groups(2);
  note("on top", store.update("/a", template("z"), 2));
  await groups(3);
  note("waiting", store.create("/b", template("x")));
  note("loser", store.update("/a", template("l"), 1));
  log.held[1]?.fail(new StoreUnavailableError("disk-full", "planted"));
  await vi.waitFor(() =>
    expect(told.slice(1)).toEqual(["update disk-full", "on top disk-full", "waiting disk-full", "loser disk-full"]),
  );
  expect(store.health()).toMatchObject({ writable: false, fault: { reason: "disk-full" }, keys: 1 });
  expect((await store.get("/a"))?.modRevision).toBe(1);
  // The group on top ends, too, as the log promises; it has been refused already.
  log.held[2]?.fail(new StoreUnavailableError("io", "decided on top"));

  note("again", store.update("/a", template("again"), 1));
  await groups(4);
  expect(log.held[3]?.revisions).toEqual([2]);
  await log.held[3]?.commit();
  await vi.waitFor(() => expect(told.at(-1)).toBe("again 2"));
  expect(store.health()).toMatchObject({ writable: true });
  expect(sink.lines).toEqual(["1 create /a", "2 update /a"]);
});

test("who loses against a write that then fails is refused with it, not told of a state that never was", async () => {
  note("first", store.create("/a", template("x")));
  await groups(1);
  note("second", store.create("/a", template("y")));
  expect(told).toEqual([]);
  log.held[0]?.fail(new Error("planted"));
  await vi.waitFor(() => expect(told).toEqual(["first io", "second io"]));
  expect(await store.get("/a")).toBeUndefined();
});

test("close waits for what is under way", async () => {
  note("a", store.create("/a", template("x")));
  await groups(1);
  note("b", store.create("/b", template("x")));
  const closed = store.close().then(() => told.push("closed"));
  await groups(2);
  await log.held[0]?.commit();
  await log.held[1]?.commit();
  await closed;
  expect(told).toEqual(["a 1", "b 2", "closed"]);
});
