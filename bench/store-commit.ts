/**
 * Durable writes per second: a thread that owns the database against commits in the main thread, beside the floor of the
 * disk. Variants alternate within a run, so that their ratio holds on a busy machine. `node bench/store-commit.ts [seconds]`
 */
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { openInThisThread, openSqliteStore } from "../src/store/sqlite/open.ts";
import type { Store } from "../src/store/types.ts";

const seconds = Number(process.argv[2] ?? 1.5);
const rounds = 3;
const body = Buffer.from(JSON.stringify({ resourceVersion: "", padding: "x".repeat(2450) }));
const template = { bytes: body, slot: body.indexOf('""') + 1 };
const folder = mkdtempSync(join(process.env.KL_BENCH_DIR ?? tmpdir(), "kl-bench-"));

const variants: Record<string, (file: string) => Promise<Store>> = {
  worker: (file) => openSqliteStore({ file }),
  "worker, 2 groups under way": (file) => openSqliteStore({ file, commitDepth: 2 }),
  "main thread": (file) => openInThisThread({ file }),
};

interface Figures {
  readonly perSecond: number;
  readonly p99: number;
  readonly loopDelayP99: number;
  /** Of the thread that serves requests: hardly moved by what else runs on the machine. */
  readonly cpuMicros: number;
}

async function measure(store: Store, writers: number): Promise<Figures> {
  const latencies: number[] = [];
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const cpu = process.threadCpuUsage();
  const begun = performance.now();
  const until = begun + seconds * 1000;
  let n = 0;
  await Promise.all(
    Array.from({ length: writers }, async (_, writer) => {
      for (let now = performance.now(); now < until; ) {
        await store.create(`/registry/pods/ns-${writer}/${n++}`, template);
        const after = performance.now();
        latencies.push(after - now);
        now = after;
      }
    }),
  );
  const took = (performance.now() - begun) / 1000;
  const { user, system } = process.threadCpuUsage(cpu);
  delay.disable();
  latencies.sort((a, b) => a - b);
  return {
    perSecond: latencies.length / took,
    p99: latencies[Math.floor(latencies.length * 0.99)] ?? 0,
    loopDelayP99: delay.percentile(99) / 1e6,
    cpuMicros: (user + system) / latencies.length,
  };
}

function floor(path: string): number {
  const file = openSync(path, "w");
  const page = Buffer.alloc(4096, 1);
  const until = performance.now() + seconds * 1000;
  let syncs = 0;
  for (; performance.now() < until; syncs++) {
    writeSync(file, page);
    fdatasyncSync(file);
  }
  closeSync(file);
  rmSync(path);
  return syncs / seconds;
}

async function once(name: string, open: (file: string) => Promise<Store>, writers: number): Promise<Figures> {
  const own = mkdtempSync(join(folder, `${name.split(",")[0]}-`));
  const store = await open(join(own, "state.db"));
  const figures = await measure(store, writers);
  await store.close();
  rmSync(own, { recursive: true });
  return figures;
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

try {
  const floors: number[] = [];
  console.log(
    "| writers | variant | writes/s | p99 ms | loop delay p99 ms | main thread CPU us/write |\n| --- | --- | --- | --- | --- | --- |",
  );
  for (const writers of [1, 16, 64, 256]) {
    const figures = new Map<string, Figures[]>();
    for (let round = 0; round < rounds; round++) {
      floors.push(floor(join(folder, "floor")));
      for (const [name, open] of Object.entries(variants)) {
        figures.set(name, [...(figures.get(name) ?? []), await once(name, open, writers)]);
      }
    }
    for (const [name, runs] of figures) {
      const [rate, p99, loop, cpu] = (["perSecond", "p99", "loopDelayP99", "cpuMicros"] as const).map((of) =>
        median(runs.map((run) => run[of])),
      );
      console.log(
        `| ${writers} | ${name} | ${rate?.toFixed(0)} | ${p99?.toFixed(1)} | ${loop?.toFixed(1)} | ${cpu?.toFixed(1)} |`,
      );
    }
  }
  console.log(`floor, fdatasync of 4 KB appended: ${Math.round(median(floors))}/s`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
