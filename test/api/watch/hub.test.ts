import { afterEach, expect, it, vi } from "vitest";
import { WatchHub } from "../../../src/api/watch/hub.ts";
import { openMemoryStore } from "../../../src/store/sqlite/open.ts";
import type { Store } from "../../../src/store/types.ts";
import { FakeClock } from "../../fake-clock.ts";
import { template } from "../../store/backends.ts";

let store: Store;
let hub: WatchHub;
afterEach(async () => {
  hub.close();
  await store.close();
});

it("lets go of events of a kind in which nothing happens while much happens elsewhere", async () => {
  store = await openMemoryStore();
  hub = new WatchHub(store, new FakeClock(0));
  const slow = hub.topic("/registry/slow/");
  const busy = hub.topic("/registry/busy/");
  const before = store.revision;
  const { modRevision: first } = await store.create("/registry/slow/a", template("a"));
  const { modRevision: last } = await store.create("/registry/slow/b", template("b"));
  const write = (from: number, count: number) =>
    Promise.all(Array.from({ length: count }, (_, i) => store.create(`/registry/busy/${from + i}`, template("x"))));

  await write(0, 9_000);
  await vi.waitFor(() => expect(busy.through).toBe(store.revision));
  expect(slow.reaches(before)).toBe(true);

  await write(9_000, 4_000);
  await vi.waitFor(() => expect(slow.reaches(before)).toBe(false));
  expect(slow.reaches(first)).toBe(false);
  // Who has seen the last one has missed nothing, and need not read history.
  expect(slow.reaches(last)).toBe(true);
  expect(busy.reaches(store.revision - 1_000)).toBe(true);
});
