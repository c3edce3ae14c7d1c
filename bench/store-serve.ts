/**
 * What a store of many objects costs beside its writes: start, memory, lists, watches, compaction.
 * `node --expose-gc bench/store-serve.ts [objects]`; objects are 2.5 KB, in 100 namespaces.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSqliteStore } from "../src/store/sqlite/open.ts";
import type { Store } from "../src/store/types.ts";

const objects = Number(process.argv[2] ?? 10_000);
const body = Buffer.from(JSON.stringify({ resourceVersion: "", padding: "x".repeat(2450) }));
const template = { bytes: body, slot: body.indexOf('""') + 1 };
const folder = mkdtempSync(join(process.env.KL_BENCH_DIR ?? tmpdir(), "kl-bench-"));
const file = join(folder, "state.db");
const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;

async function timed(what: string, times: number, work: (i: number) => Promise<unknown>): Promise<void> {
  const cpu = process.threadCpuUsage();
  const begun = performance.now();
  for (let i = 0; i < times; i++) await work(i);
  const { user, system } = process.threadCpuUsage(cpu);
  const took = (performance.now() - begun) / times;
  console.log(`${what}: ${took.toFixed(3)} ms each, ${((user + system) / 1000 / times).toFixed(3)} ms of this thread`);
}

const key = (i: number): string => `/registry/pods/ns-${i % 100}/pod-${i}`;

async function inGroups(count: number, work: (i: number) => Promise<unknown>): Promise<void> {
  for (let i = 0; i < count; i += 500) {
    await Promise.all(Array.from({ length: Math.min(500, count - i) }, (_, j) => work(i + j)));
  }
}

async function fill(): Promise<void> {
  const store = await openSqliteStore({ file });
  await inGroups(objects, (i) => store.create(key(i), template));
  await store.close();
}

async function watches(store: Store): Promise<void> {
  let delivered = 0;
  const sink = {
    events(batch: readonly unknown[]): void {
      delivered += batch.length;
    },
    ended: () => undefined,
  };
  const open = (count: number): { close(): void }[] =>
    Array.from({ length: count }, (_, i) => store.watch({ prefix: `/watched/${i}/`, after: store.revision }, sink));
  for (const count of [0, 10, 1000, 10_000]) {
    const opened = open(count);
    await store.create(`/watched/first/${count}`, template);
    const cpu = process.threadCpuUsage();
    await inGroups(5000, (i) => store.create(`/watched/${i % 10}/${count}-${i}`, template));
    const { user, system } = process.threadCpuUsage(cpu);
    console.log(
      `a write with ${count} watches of other prefixes: ${((user + system) / 5000).toFixed(1)} us of this thread`,
    );
    for (const watch of opened) watch.close();
  }
  console.log(`${delivered} events delivered`);
}

async function compaction(store: Store): Promise<void> {
  await inGroups(objects, async (i) => store.update(key(i), template, (await store.get(key(i)))?.modRevision ?? 0));
  const latencies: number[] = [];
  let running = true;
  const writers = Array.from({ length: 16 }, async (_, writer) => {
    for (let i = 0; running; i++) {
      const begun = performance.now();
      await store.create(`/during/${writer}/${i}`, template);
      latencies.push(performance.now() - begun);
    }
  });
  const begun = performance.now();
  await store.compact(store.revision);
  const took = performance.now() - begun;
  running = false;
  await Promise.all(writers);
  latencies.sort((a, b) => a - b);
  const p = (share: number): string => `${latencies[Math.floor(latencies.length * share)]?.toFixed(1)} ms`;
  console.log(
    `compaction of ${objects} superseded rows: ${took.toFixed(0)} ms; 16 writers meanwhile: p50 ${p(0.5)}, p99 ${p(0.99)}`,
  );
}

try {
  await fill();
  globalThis.gc?.();
  const before = process.memoryUsage().rss;
  const begun = performance.now();
  const store = await openSqliteStore({ file });
  console.log(`start with ${objects} objects: ${(performance.now() - begun).toFixed(0)} ms`);
  globalThis.gc?.();
  console.log(
    `memory: ${megabytes(process.memoryUsage().rss - before)} more for ${megabytes(objects * body.length)} of values`,
  );
  await timed("list of all", 20, () => store.list({ prefix: "/registry/pods/" }));
  await timed("list of a namespace", 200, (i) => store.list({ prefix: `/registry/pods/ns-${i % 100}/` }));
  await timed("get", 20_000, (i) => store.get(key(i % objects)));
  const revision = store.revision;
  await store.create("/one/more", template);
  await timed("list of all, just before the last write", 20, () => store.list({ prefix: "/registry/pods/", revision }));
  await timed("list of a namespace, from the log", 20, () =>
    store.list({ prefix: "/registry/pods/ns-1/", revision: revision - 1 }),
  );
  await watches(store);
  await compaction(store);
  await store.close();
} finally {
  rmSync(folder, { recursive: true });
}
