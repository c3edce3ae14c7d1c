import { rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { openSqliteStore } from "../../src/store/sqlite/open.ts";
import { tempFolder, template } from "./backends.ts";

const size = (file: string): number =>
  ["", "-wal"].reduce((sum, suffix) => sum + (statSync(file + suffix, { throwIfNoEntry: false })?.size ?? 0), 0);

test("under a steady load of updates and compactions the file stays as big as it needs to be", async () => {
  const folder = tempFolder();
  const file = join(folder, "state.db");
  const store = await openSqliteStore({ file });
  const text = "x".repeat(4000);
  const keys = Array.from({ length: 50 }, (_, i) => `/k/${i}`);
  await Promise.all(keys.map((key) => store.create(key, template(text))));
  const sizes: number[] = [];
  for (let round = 0; round < 12; round++) {
    const from = store.revision;
    for (let i = 0; i < 4; i++) {
      await Promise.all(
        keys.map(async (key) => store.update(key, template(text), (await store.get(key))?.modRevision ?? 0)),
      );
    }
    // The window is one round of 200 updates.
    await store.compact(from);
    sizes.push(size(file));
  }
  expect(store.health().bytes).toBe(size(file));
  // 12 rounds are 10 MB of writes. Two rounds and the write-ahead log, which holds 4 MB, is what it may take.
  expect(Math.max(...sizes)).toBeLessThan(7 * 1024 * 1024);
  await store.close();
  expect(statSync(file).size).toBeLessThan(3.5 * 1024 * 1024);
  rmSync(folder, { recursive: true });
});

test("after a burst the file system gets its space back", async () => {
  const folder = tempFolder();
  const file = join(folder, "state.db");
  const store = await openSqliteStore({ file });
  const made = await Promise.all(
    Array.from({ length: 3000 }, (_, i) => store.create(`/k/${i}`, template("x".repeat(4000)))),
  );
  await Promise.all(made.map(({ key, modRevision }) => store.delete(key, modRevision)));
  await store.compact(store.revision);
  await store.close();
  expect(statSync(file).size).toBeLessThan(5 * 1024 * 1024);
  const again = await openSqliteStore({ file });
  // Nothing is left in it, but no revision is given twice.
  expect(again.revision).toBe(6000);
  expect((await again.create("/new", template("x"))).modRevision).toBe(6001);
  await again.close();
  rmSync(folder, { recursive: true });
});

test("a compaction that was cut short is finished by the next start", async () => {
  const folder = tempFolder();
  const file = join(folder, "state.db");
  const store = await openSqliteStore({ file });
  const text = "x".repeat(4000);
  await store.create("/a", template(text));
  for (let group = 0; group < 4; group++) {
    const writes: Promise<unknown>[] = [];
    for (let i = 1; i <= 1000; i++) writes.push(store.update("/a", template(text), group * 1000 + i));
    await Promise.all(writes);
  }
  const cut = store.compact(4000).catch((error: unknown) => error);
  await vi.waitFor(() => expect(store.compactedRevision).toBe(4000), { interval: 1 });
  await store.close();
  expect(await cut).toMatchObject({ name: "StoreClosedError" });
  const left = statSync(file).size;
  const again = await openSqliteStore({ file });
  expect(again.compactedRevision).toBe(4000);
  await again.compact(4000);
  await again.close();
  expect(left).toBeGreaterThan(16e6);
  expect(statSync(file).size).toBeLessThan(6e6);
  rmSync(folder, { recursive: true });
});
