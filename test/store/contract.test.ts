import { afterEach, describe, expect, test, vi } from "vitest";
import {
  CompactedError,
  ConflictError,
  FutureRevisionError,
  KeyExistsError,
  KeyNotFoundError,
  type Store,
  StoreClosedError,
  StoreError,
} from "../../src/store/types.ts";
import { type Backend, backends, stamped, template } from "./backends.ts";
import { RecordingSink } from "./recording-sink.ts";

const keysOf = async (store: Store, prefix: string, revision?: number): Promise<string[]> =>
  (await store.list(revision === undefined ? { prefix } : { prefix, revision })).entries.map(
    ({ key, modRevision }) => `${key}@${modRevision}`,
  );

describe.each(backends())("the contract: $name", (backend: Backend) => {
  afterEach(() => backend.cleanUp());

  test("an empty store stands at revision 0", async () => {
    const store = await backend.open();
    expect([store.revision, store.compactedRevision]).toEqual([0, 0]);
    expect(await store.get("/a")).toBeUndefined();
    expect(await store.list({ prefix: "" })).toEqual({ entries: [], revision: 0, more: false, remaining: 0 });
    expect(await store.list({ prefix: "", revision: 0 })).toMatchObject({ entries: [], revision: 0 });
    expect(store.health()).toMatchObject({ writable: true, keys: 0, watchers: 0 });
  });

  test("a write is stamped with its revision and readable when it is acknowledged", async () => {
    const store = await backend.open();
    const made = await store.create("/a", template("one"));
    expect(made).toMatchObject({ key: "/a", createRevision: 1, modRevision: 1 });
    expect(made.value.toString()).toBe(stamped("one", 1));
    expect(await store.get("/a")).toBe(made);
    const changed = await store.update("/a", template("two"), 1);
    expect(changed).toMatchObject({ key: "/a", createRevision: 1, modRevision: 2 });
    expect(changed.value.toString()).toBe(stamped("two", 2));
    const gone = await store.delete("/a", 2);
    expect(gone).toMatchObject({ key: "/a", createRevision: 1, modRevision: 3 });
    expect(gone.value.toString()).toBe(stamped("two", 3));
    expect(await store.get("/a")).toBeUndefined();
    expect(store.revision).toBe(3);
    const again = await store.create("/a", template("three"));
    expect(again).toMatchObject({ createRevision: 4, modRevision: 4 });
  });

  test("the hole may be at either end, and a delete may need more digits", async () => {
    const store = await backend.open();
    for (let i = 1; i <= 9; i++) await store.create(`/fill/${i}`, template("x"));
    const first = await store.create("/first", { bytes: Buffer.from("abc"), slot: 0 });
    const last = await store.create("/last", { bytes: Buffer.from("abc"), slot: 3 });
    expect([first.value.toString(), last.value.toString()]).toEqual(["10abc", "abc11"]);
    expect((await store.create("/empty", { bytes: Buffer.alloc(0), slot: 0 })).value.toString()).toBe("12");
    expect((await store.delete("/fill/9", 9)).value.toString()).toBe(stamped("x", 13));
    await expect(store.create("/bad", { bytes: Buffer.from("abc"), slot: 4 })).rejects.toThrow(RangeError);
    expect(store.revision).toBe(13);
  });

  test("big values keep their bytes", async () => {
    const store = await backend.open();
    const bytes = Buffer.alloc(1_500_000, "k");
    const { value } = await store.create("/big", { bytes, slot: 7 });
    expect(value.length).toBe(bytes.length + 1);
    expect(value.subarray(0, 9).toString()).toBe("kkkkkkk1k");
    await store.update("/big", template("small"), 1);
    expect((await store.get("/big", 1))?.value.equals(value)).toBe(true);
  });

  test("compare-and-swap", async () => {
    const store = await backend.open();
    await store.create("/a", template("one"));
    await expect(store.create("/a", template("x"))).rejects.toThrow(KeyExistsError);
    const conflict = await store.update("/a", template("x"), 7).catch((error: unknown) => error);
    expect(conflict).toBeInstanceOf(ConflictError);
    expect((conflict as ConflictError).current).toBe(await store.get("/a"));
    await expect(store.delete("/a", 7)).rejects.toThrow(ConflictError);
    await expect(store.update("/b", template("x"), 1)).rejects.toThrow(KeyNotFoundError);
    await expect(store.delete("/b", 1)).rejects.toThrow(KeyNotFoundError);
    expect(store.revision).toBe(1);
    await expect(store.create("/\ud800", template("x"))).rejects.toThrow(StoreError);
  });

  test("who loses against a write that is not yet durable is told once it can be read", async () => {
    const store = await backend.open();
    const told: string[] = [];
    const created = store.create("/a", template("one")).then(() => told.push("created"));
    const lost = store.create("/a", template("two")).catch(async (error: unknown) => {
      told.push("lost");
      expect(error).toBeInstanceOf(KeyExistsError);
      expect((await store.get("/a"))?.modRevision).toBe(2);
    });
    const chained = store.update("/a", template("three"), 1).then(() => told.push("updated"));
    const conflict = store.update("/a", template("four"), 1).catch((error: unknown) => {
      expect((error as ConflictError).current.modRevision).toBe(2);
      told.push("conflict");
    });
    expect(store.revision).toBe(0);
    expect(await store.get("/a")).toBeUndefined();
    await Promise.all([created, lost, chained, conflict]);
    expect(told).toEqual(["created", "updated", "lost", "conflict"]);
  });

  test("of many who swap the same revision exactly one wins", async () => {
    const store = await backend.open();
    await store.create("/a", template("0"));
    const results = await Promise.allSettled(
      Array.from({ length: 50 }, (_, i) => store.update("/a", template(`${i}`), 1)),
    );
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect(store.revision).toBe(2);
  });

  test("lists come in the order of UTF-8 bytes, paged, by prefix", async () => {
    const store = await backend.open();
    const keys = ["/a", "/a/1", "/a/2", "/a/é", "/a/\u{ff5e}", "/a/\u{1f600}", "/b", "/"];
    for (const key of keys.toReversed()) await store.create(key, template(key));
    const sorted = keys.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    const all = await store.list({ prefix: "" });
    expect(all.entries.map(({ key }) => key)).toEqual(sorted);
    expect(all).toMatchObject({ more: false, remaining: 0, revision: keys.length });
    const under = sorted.filter((key) => key.startsWith("/a/"));
    await store.create("/later", template("x"));
    for (const revision of [undefined, keys.length]) {
      const seen: string[] = [];
      for (let after: string | undefined; ; ) {
        const page = await store.list({
          prefix: "/a/",
          limit: 2,
          ...(after === undefined ? {} : { after }),
          ...(revision === undefined ? {} : { revision }),
        });
        seen.push(...page.entries.map(({ key }) => key));
        if (page.remaining !== undefined) expect(page.remaining).toBe(under.length - seen.length);
        expect(page.more).toBe(seen.length < under.length);
        after = page.entries.at(-1)?.key;
        if (!page.more) break;
      }
      expect(seen).toEqual(under);
    }
    expect(await store.count("/a/")).toBe(under.length);
    expect(await store.count("")).toBe(keys.length + 1);
    expect((await store.list({ prefix: "/a/", after: "/" })).entries).toHaveLength(under.length);
    expect((await store.list({ prefix: "/a/", after: "/zz" })).entries).toHaveLength(0);
  });

  test("the past is read as it was", async () => {
    const store = await backend.open();
    await store.create("/a", template("a1"));
    await store.create("/b", template("b2"));
    await store.update("/a", template("a3"), 1);
    await store.delete("/b", 2);
    await store.create("/b", template("b5"));
    expect(await keysOf(store, "/", 0)).toEqual([]);
    expect(await keysOf(store, "/", 1)).toEqual(["/a@1"]);
    expect(await keysOf(store, "/", 2)).toEqual(["/a@1", "/b@2"]);
    expect(await keysOf(store, "/", 3)).toEqual(["/a@3", "/b@2"]);
    expect(await keysOf(store, "/", 4)).toEqual(["/a@3"]);
    expect(await keysOf(store, "/", 5)).toEqual(["/a@3", "/b@5"]);
    expect((await store.get("/a", 2))?.value.toString()).toBe(stamped("a1", 1));
    expect(await store.get("/b", 4)).toBeUndefined();
    expect((await store.get("/b", 3))?.createRevision).toBe(2);
    await expect(store.get("/a", 6)).rejects.toThrow(FutureRevisionError);
    await expect(store.list({ prefix: "", revision: 6 })).rejects.toThrow(FutureRevisionError);
  });

  test("compaction forgets exactly what was superseded or deleted by then", async () => {
    const store = await backend.open();
    await store.create("/a", template("a1"));
    await store.create("/b", template("b2"));
    await store.update("/a", template("a3"), 1);
    await store.delete("/b", 2);
    await store.update("/a", template("a5"), 3);
    await expect(store.compact(6)).rejects.toThrow(FutureRevisionError);
    await store.compact(4);
    expect(store.compactedRevision).toBe(4);
    expect(await keysOf(store, "/", 4)).toEqual(["/a@3"]);
    expect(await keysOf(store, "/")).toEqual(["/a@5"]);
    for (const read of [store.get("/a", 3), store.list({ prefix: "", revision: 3 })]) {
      const error = await read.catch((fault: unknown) => fault);
      expect(error).toBeInstanceOf(CompactedError);
      expect(error).toMatchObject({ asked: 3, compacted: 4 });
    }
    const sink = new RecordingSink();
    expect(() => store.watch({ prefix: "", after: 3 }, sink)).toThrow(CompactedError);
    store.watch({ prefix: "", after: 4 }, sink);
    await vi.waitFor(() => expect(sink.lines).toEqual(["5 update /a"]));
    expect(sink.all[0]?.previous?.modRevision).toBe(3);
    await store.compact(2);
    expect(store.compactedRevision).toBe(4);
    await store.compact(5);
    expect(await keysOf(store, "/", 5)).toEqual(["/a@5"]);
  });

  test("watches see everything under their prefix once and in order, from history, the ring and live", async () => {
    const store = await backend.open({ ring: { events: 3 } });
    const write = async (i: number): Promise<void> => {
      const entry = await store.get("/w/a");
      await (entry
        ? store.update("/w/a", template(`${i}`), entry.modRevision)
        : store.create("/w/a", template(`${i}`)));
      await store.create(`/other/${i}`, template("x"));
    };
    for (let i = 0; i < 10; i++) await write(i);
    const sinks = [0, 1, 7, 17, 18, 19, 20].map((after) => {
      const sink = new RecordingSink();
      const watch = store.watch({ prefix: "/w/", after }, sink);
      return { after, sink, watch };
    });
    expect(sinks.every(({ sink }) => sink.batches.length === 0)).toBe(true);
    for (let i = 10; i < 20; i++) await write(i);
    await store.delete("/w/a", 39);
    for (const { after, sink, watch } of sinks) {
      await vi.waitFor(() => expect(watch.through).toBe(41));
      const revisions = sink.all.map(({ revision }) => revision);
      expect(revisions).toEqual([...Array.from({ length: 20 }, (_, i) => 2 * i + 1), 41].filter((r) => r > after));
      expect(sink.batches.every(({ events, through }) => through >= (events.at(-1)?.revision ?? 0))).toBe(true);
      for (const event of sink.all) {
        expect(event.createRevision).toBe(1);
        expect(event.type).toBe(event.revision === 1 ? "create" : event.revision === 41 ? "delete" : "update");
        expect(event.previous?.modRevision).toBe(
          event.revision === 1 ? undefined : event.revision === 41 ? 39 : event.revision - 2,
        );
        const text = event.revision === 41 ? "19" : `${(event.revision - 1) / 2}`;
        expect(event.value.toString()).toBe(stamped(text, event.revision));
        if (event.previous && event.revision < 41)
          expect(event.previous.value.toString()).toBe(stamped(`${Number(text) - 1}`, event.revision - 2));
      }
    }
    expect(store.health().watchers).toBe(sinks.length);
  });

  test("a group arrives in one call; a closed watch hears nothing more", async () => {
    const store = await backend.open();
    const sink = new RecordingSink();
    const closed = new RecordingSink();
    store.watch({ prefix: "/a/", after: 0 }, sink);
    const watch = store.watch({ prefix: "/a/", after: 0 }, closed);
    await store.create("/a/0", template("x"));
    watch.close();
    watch.close();
    await Promise.all(Array.from({ length: 20 }, (_, i) => store.create(`/a/${i + 1}`, template("x"))));
    expect(sink.batches.map(({ events }) => events.length)).toEqual([1, 20]);
    expect(closed.batches).toHaveLength(1);
    expect(store.health().watchers).toBe(1);
  });

  test("a watch from a revision to come waits for it", async () => {
    const store = await backend.open();
    const sink = new RecordingSink();
    const watch = store.watch({ prefix: "", after: 2 }, sink);
    await Promise.all(["/a", "/b", "/c", "/d"].map((key) => store.create(key, template(key))));
    expect(sink.lines).toEqual(["3 create /c", "4 create /d"]);
    expect(watch.through).toBe(4);
  });

  test("a slow reader of history holds back the next page and loses nothing", async () => {
    const store = await backend.open({ ring: { events: 10 } });
    await Promise.all(Array.from({ length: 1500 }, (_, i) => store.create(`/k/${i}`, template("x"))));
    let release = (): void => undefined;
    const sink = new (class extends RecordingSink {
      override events(...args: Parameters<RecordingSink["events"]>): Promise<void> {
        super.events(...args);
        return new Promise((resolve) => {
          release = resolve;
        });
      }
    })();
    const watch = store.watch({ prefix: "/k/", after: 0 }, sink);
    await vi.waitFor(() => expect(sink.batches).toHaveLength(1));
    await store.create("/k/last", template("x"));
    expect(sink.batches).toHaveLength(1);
    await vi.waitFor(() => {
      release();
      expect(watch.through).toBe(1501);
    });
    expect(sink.all.map(({ revision }) => revision)).toEqual(Array.from({ length: 1501 }, (_, i) => i + 1));
  });

  test("a watch whose history is compacted while it reads is told", async () => {
    const store = await backend.open({ ring: { events: 10 } });
    await Promise.all(Array.from({ length: 1500 }, (_, i) => store.create(`/k/${i}`, template("x"))));
    let release = (): void => undefined;
    const sink = new (class extends RecordingSink {
      override events(...args: Parameters<RecordingSink["events"]>): Promise<void> {
        super.events(...args);
        return new Promise((resolve) => {
          release = resolve;
        });
      }
    })();
    store.watch({ prefix: "/k/", after: 0 }, sink);
    await vi.waitFor(() => expect(sink.batches).toHaveLength(1));
    await store.compact(1400);
    release();
    await vi.waitFor(() => expect(sink.errors).toHaveLength(1));
    expect(sink.errors[0]).toBeInstanceOf(CompactedError);
    expect(sink.batches).toHaveLength(1);
  });

  test("a receiver that throws ends its own watch, not the store", async () => {
    const logged: string[] = [];
    const store = await backend.open({ log: (_, message) => logged.push(message) });
    const fine = new RecordingSink();
    const throwing = new (class extends RecordingSink {
      override events(): void {
        throw new Error("planted");
      }
    })();
    const rejecting = new (class extends RecordingSink {
      override events(): Promise<void> {
        return Promise.reject(new Error("planted"));
      }
    })();
    for (const sink of [throwing, rejecting, fine]) store.watch({ prefix: "", after: 0 }, sink);
    await store.create("/a", template("x"));
    const late = new (class extends RecordingSink {
      override events(): Promise<void> {
        return Promise.reject(new Error("planted"));
      }
    })();
    store.watch({ prefix: "", after: 0 }, late);
    await store.create("/b", template("x"));
    await vi.waitFor(() => expect(late.errors).toHaveLength(1));
    expect([throwing, rejecting, fine].map(({ errors }) => errors.length)).toEqual([1, 1, 0]);
    expect(fine.lines).toEqual(["1 create /a", "2 create /b"]);
    expect(logged).toHaveLength(3);
    expect(store.health().watchers).toBe(1);
  });

  test("a watch opened by a receiver sees only what comes after", async () => {
    const store = await backend.open();
    const inner = new RecordingSink();
    const sink = new (class extends RecordingSink {
      override events(...args: Parameters<RecordingSink["events"]>): void {
        if (this.batches.length === 0) store.watch({ prefix: "/a", after: store.revision }, inner);
        super.events(...args);
      }
    })();
    store.watch({ prefix: "/a", after: 0 }, sink);
    await store.create("/a", template("x"));
    await store.create("/a2", template("x"));
    expect(inner.lines).toEqual(["2 create /a2"]);
  });

  test("close finishes the writes it accepted, ends the watches and refuses the rest", async () => {
    const store = await backend.open();
    const sink = new RecordingSink();
    store.watch({ prefix: "", after: 0 }, sink);
    const accepted = Promise.all([store.create("/a", template("x")), store.create("/b", template("x"))]);
    const closed = store.close();
    await expect(store.create("/c", template("x"))).rejects.toThrow(StoreClosedError);
    await closed;
    expect((await accepted).map(({ modRevision }) => modRevision)).toEqual([1, 2]);
    expect(sink.lines).toEqual(["1 create /a", "2 create /b"]);
    expect(sink.errors[0]).toBeInstanceOf(StoreClosedError);
    await expect(store.get("/a")).rejects.toThrow(StoreClosedError);
    await expect(store.compact(1)).rejects.toThrow(StoreClosedError);
    expect(() => store.watch({ prefix: "", after: 0 }, sink)).toThrow(StoreClosedError);
    await store.close();
  });
});
