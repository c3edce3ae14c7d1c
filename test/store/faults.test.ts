import { execFileSync } from "node:child_process";
import {
  chmodSync,
  closeSync,
  copyFileSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import BetterSqlite3 from "better-sqlite3";
import { afterEach, expect, test, vi } from "vitest";
import { writingError } from "../../src/store/sqlite/faults.ts";
import { openSqliteStore, type SqliteStoreOptions } from "../../src/store/sqlite/open.ts";
import { startWorker } from "../../src/store/sqlite/worker-channel.ts";
import { type Store, StoreError, StoreUnavailableError } from "../../src/store/types.ts";
import { stamped, tempFolder, template } from "./backends.ts";
import { RecordingSink } from "./recording-sink.ts";

const cleanUps: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

function folder(): string {
  const path = tempFolder();
  cleanUps.push(() => rmSync(path, { recursive: true }));
  return path;
}

async function open(options: SqliteStoreOptions): Promise<Store> {
  const store = await openSqliteStore(options);
  cleanUps.push(() => store.close().catch(() => undefined));
  return store;
}

/** A small file system of our own, or undefined where we may not mount one. */
function mounted(options: string): string | undefined {
  const path = folder();
  const target = join(path, "mount");
  mkdirSync(target);
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", target], { stdio: "ignore" });
  } catch {
    return undefined;
  }
  cleanUps.push(() => void execFileSync("umount", ["-l", target]));
  return target;
}

const skipMessage = "may not mount a file system here: needs root";
const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => "succeeded",
    (error: unknown) => error,
  );

test("a full disk refuses writes, keeps reads, and takes writes again by itself", async ({ skip }) => {
  const path = mounted("size=1m");
  if (!path) return skip(skipMessage);
  const logged: string[] = [];
  const store = await open({ file: join(path, "state.db"), log: (_, message) => logged.push(message) });
  const sink = new RecordingSink();
  store.watch({ prefix: "", after: 0 }, sink);
  const ballast = join(path, "ballast");
  writeFileSync(ballast, Buffer.alloc(200 * 1024));
  const accepted: string[] = [];
  let refusal: unknown;
  for (let i = 0; refusal === undefined; i++) {
    const key = `/k/${i}`;
    await store.create(key, template("x".repeat(20_000))).then(
      () => accepted.push(key),
      (error: unknown) => {
        refusal = error;
      },
    );
  }
  expect(refusal).toBeInstanceOf(StoreUnavailableError);
  expect(refusal).toMatchObject({ reason: "disk-full" });
  expect(store.health()).toMatchObject({ writable: false, fault: { reason: "disk-full" }, keys: accepted.length });
  const group = await Promise.allSettled(
    Array.from({ length: 20 }, (_, i) => store.create(`/group/${i}`, template("x".repeat(20_000)))),
  );
  expect(group.every(({ status }) => status === "rejected")).toBe(true);
  const revision = store.revision;
  expect((await store.list({ prefix: "" })).entries.map(({ key }) => key)).toEqual(accepted.toSorted());
  expect(await store.get("/k/0", 1)).toBeDefined();
  expect((await store.list({ prefix: "", revision: 1 })).entries).toHaveLength(1);
  expect(logged).toEqual(["the disk does not take writes"]);

  rmSync(ballast);
  const made = await store.create("/after", template("back"));
  expect(made.modRevision).toBe(revision + 1);
  expect(store.health().writable).toBe(true);
  expect(store.health().fault).toBeUndefined();
  expect(sink.all.map(({ key }) => key)).toEqual([...accepted, "/after"]);
  await store.close();
  const again = await open({ file: join(path, "state.db") });
  expect((await again.list({ prefix: "" })).entries.map(({ key }) => key)).toEqual([...accepted, "/after"].toSorted());
});

test("a read-only file system is told by its name", async ({ skip }) => {
  const path = mounted("size=8m");
  if (!path) return skip(skipMessage);
  const store = await open({ file: join(path, "state.db") });
  await store.create("/a", template("one"));
  await store.update("/a", template("two"), 1);
  await store.close();
  execFileSync("mount", ["-o", "remount,ro", path]);
  const refusal = await failure(open({ file: join(path, "state.db") }));
  expect(refusal).toBeInstanceOf(StoreUnavailableError);
  expect(refusal).toMatchObject({ reason: "read-only", message: expect.stringContaining("state.db") });
  const vague = Object.assign(new Error("disk I/O error"), { code: "SQLITE_IOERR_WRITE" });
  expect(writingError(vague, join(path, "state.db"))).toMatchObject({ reason: "read-only" });
  execFileSync("mount", ["-o", "remount,rw", path]);
  expect(writingError(vague, join(path, "state.db"))).toBe(vague);
  const again = await open({ file: join(path, "state.db") });
  expect((await again.get("/a"))?.value.toString()).toBe(stamped("two", 2));
});

test("a file without the right to write is refused with the reason", async ({ skip }) => {
  if (process.getuid?.() === 0) {
    return skip("root may write everything: the read-only mount above shows the same");
  }
  const file = join(folder(), "state.db");
  await (await open({ file })).close();
  chmodSync(file, 0o400);
  expect(await failure(open({ file }))).toMatchObject({ reason: "read-only" });
});

test("a file that is no database, somebody else's, or of a newer kl is refused and left as it is", async () => {
  const path = folder();
  const text = join(path, "text.db");
  writeFileSync(text, "hello ".repeat(2000));
  expect(await failure(open({ file: text }))).toMatchObject({
    reason: "corrupt",
    message: expect.stringContaining(text),
  });
  expect(readFileSync(text, "utf8")).toBe("hello ".repeat(2000));

  const other = join(path, "other.db");
  const database = new BetterSqlite3(other);
  database.exec("CREATE TABLE theirs (a)");
  database.close();
  const refusal = await failure(open({ file: other }));
  expect(refusal).toBeInstanceOf(StoreError);
  expect(refusal).toMatchObject({ message: expect.stringContaining("not a database of kl's") });

  const newer = join(path, "newer.db");
  await (await open({ file: newer })).close();
  const future = new BetterSqlite3(newer);
  future.pragma("user_version = 2");
  future.close();
  expect(await failure(open({ file: newer }))).toMatchObject({
    message: expect.stringMatching(/schema version 2, this kl knows 1: .*newer kl/),
  });
});

test("a second owner is refused while the first one lives, and harms nothing", async () => {
  const file = join(folder(), "state.db");
  const first = await open({ file });
  await first.create("/a", template("one"));
  expect(await failure(open({ file }))).toMatchObject({ reason: "in-use", message: expect.stringContaining("in use") });
  await first.create("/b", template("two"));
  await first.close();
  const second = await open({ file });
  expect(second.revision).toBe(2);
});

/** A closed database of 200 keys with two revisions each, and where in it the text of one revision lies. */
async function filled(): Promise<string> {
  const file = join(folder(), "state.db");
  const store = await open({ file });
  await Promise.all(
    Array.from({ length: 200 }, (_, i) => store.create(`/k/${i}`, template(`first-${i}-${"x".repeat(2000)}`))),
  );
  await Promise.all(
    Array.from({ length: 200 }, (_, i) => store.update(`/k/${i}`, template(`second-${i}-${"y".repeat(2000)}`), i + 1)),
  );
  await store.close();
  return file;
}

function flip(file: string, at: number, length = 1): void {
  const bytes = readFileSync(file).subarray(at, at + length);
  const handle = openSync(file, "r+");
  writeSync(handle, Buffer.from(bytes.map((byte) => byte ^ 0x55)), 0, length, at);
  closeSync(handle);
}

test("a flipped bit in a newest value is found at the start", async () => {
  const file = await filled();
  flip(file, readFileSync(file).indexOf("second-77-") + 500);
  const refusal = await failure(open({ file }));
  expect(refusal).toBeInstanceOf(StoreUnavailableError);
  expect(refusal).toMatchObject({
    reason: "corrupt",
    message: expect.stringMatching(/damaged: revision 278 of \/k\/77/),
  });
});

test("a flipped bit in the index is found at the start", async () => {
  const file = await filled();
  const bytes = readFileSync(file);
  // The index holds the bare key, followed by its revision in two bytes; in the table a value follows.
  const at = bytes.indexOf(Buffer.concat([Buffer.from("/k/77"), Buffer.from([278 >> 8, 278 & 255])]));
  expect(at).toBeGreaterThan(0);
  flip(file, at + 4);
  expect(await failure(open({ file }))).toMatchObject({
    reason: "corrupt",
    message: expect.stringMatching(/index is wrong/),
  });
});

test("a flipped bit in the past is told to who reads it there, and to nobody else", async () => {
  const file = await filled();
  flip(file, readFileSync(file).indexOf("first-77-") + 500);
  const store = await open({ file });
  expect(await failure(store.get("/k/77", 200))).toMatchObject({ reason: "corrupt" });
  expect(await failure(store.list({ prefix: "", revision: 200 }))).toMatchObject({ reason: "corrupt" });
  expect((await store.get("/k/78", 200))?.modRevision).toBe(79);
  const sink = new RecordingSink();
  store.watch({ prefix: "/k/77", after: 0 }, sink);
  await vi.waitFor(() => expect(sink.errors).toHaveLength(1));
  expect(sink.errors[0]).toMatchObject({ reason: "corrupt" });
  expect((await store.list({ prefix: "" })).entries).toHaveLength(200);
  expect((await store.create("/new", template("x"))).modRevision).toBe(401);
});

test("whatever bytes of the file are damaged, a start either fails with the reason or serves only what was written", async () => {
  const file = await filled();
  const { length } = readFileSync(file);
  let noticed = 0;
  for (let round = 0; round < 8; round++) {
    const copy = join(folder(), "state.db");
    copyFileSync(file, copy);
    // Anywhere, which may be where nothing is, and at the beginning of a page, where the tree's structure is.
    const at = Math.floor(((round + Math.random()) / 8) * (length - 5000));
    flip(copy, round % 2 === 0 ? at : Math.ceil(at / 4096) * 4096, 64);
    const refusal = await failure(openSqliteStore({ file: copy }).then((store) => serves(store)));
    if (refusal === "succeeded") continue;
    noticed++;
    expect(refusal).toBeInstanceOf(StoreError);
  }
  expect(noticed).toBeGreaterThan(0);

  /** Rejects with what the store says of its damage. */
  async function serves(store: Store): Promise<void> {
    const { entries } = await store.list({ prefix: "" });
    expect(entries).toHaveLength(200);
    for (const { key, value, modRevision } of entries) {
      expect(value.toString()).toBe(stamped(`second-${key.slice(3)}-${"y".repeat(2000)}`, modRevision));
    }
    const past = await failure(store.list({ prefix: "", revision: 200 }));
    await store.close();
    if (past !== "succeeded") throw past;
  }
});

test("when the writer thread dies, a new one takes over: what it had committed is acknowledged, the rest refused", async () => {
  const file = join(folder(), "state.db");
  const threads: ReturnType<typeof startWorker>[] = [];
  const store = await open({
    file,
    startWorker: (start) => {
      const thread = startWorker(start);
      threads.push(thread);
      return thread;
    },
  });
  const sink = new RecordingSink();
  store.watch({ prefix: "", after: 0 }, sink);
  await store.create("/a", template("one"));
  const cut = Promise.allSettled(Array.from({ length: 30 }, (_, i) => store.create(`/cut/${i}`, template("x"))));
  await new Promise((resolve) => setImmediate(resolve));
  void threads[0]?.terminate();
  const outcome = await cut;
  const kept = outcome.filter(({ status }) => status === "fulfilled").length;
  expect([0, 30]).toContain(kept);
  expect((await store.get("/a"))?.modRevision).toBe(1);
  await vi.waitFor(async () => expect((await store.create("/b", template("two"))).modRevision).toBe(2 + kept));
  expect(store.health().writable).toBe(true);
  expect(await store.get("/a", 1)).toBeDefined();
  expect(sink.all.map(({ revision }) => revision)).toEqual(Array.from({ length: kept + 2 }, (_, i) => i + 1));
  await store.close();
  const again = await open({ file });
  expect(again.revision).toBe(2 + kept);
  expect(await again.count("/cut/")).toBe(kept);
});
