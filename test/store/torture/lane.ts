import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { check, type Violation } from "./checker.ts";
import type { EntryRecord, EventRecord, HistoryRecord, Life } from "./history.ts";
import { randomFrom } from "./random.ts";
import { tearTail } from "./tear.ts";

/** What a child tells first. */
interface Found {
  readonly revision: number;
  readonly compacted: number;
  readonly entries: EntryRecord[];
  readonly log: EventRecord[];
  readonly openMs: number;
}

export interface LaneOptions {
  readonly folder: string;
  readonly kills: number;
  readonly seed: number;
  /** Damage the tail of the write-ahead log between lives. What was acknowledged may then be gone, but only from the end. */
  readonly tear: boolean;
  readonly onProgress?: (kills: number) => void;
}

export interface LaneResult {
  kills: number;
  /** Of these, before the store was open. */
  killedWhileOpening: number;
  torn: number;
  writes: number;
  acknowledged: number;
  refused: number;
  reads: number;
  watches: number;
  delivered: number;
  openMs: number[];
  violations: Violation[];
}

interface Began {
  readonly found: Found;
  readonly records: HistoryRecord[];
}

/** Kills one store again and again and judges every life by what the next one finds. */
export async function runLane({ folder, kills, seed, tear, onProgress }: LaneOptions): Promise<LaneResult> {
  mkdirSync(folder, { recursive: true });
  const random = randomFrom(seed);
  const file = join(folder, "state.db");
  const result: LaneResult = {
    kills: 0,
    killedWhileOpening: 0,
    torn: 0,
    writes: 0,
    acknowledged: 0,
    refused: 0,
    reads: 0,
    watches: 0,
    delivered: 0,
    openMs: [],
    violations: [],
  };
  let last: Began | undefined;
  for (let life = 0; life <= kills; life++) {
    const final = life === kills;
    const history = join(folder, `${life}.history`);
    const since = last?.found.revision ?? 0;
    // The log is never put into the database where its tail is to be torn: a synced log that shrinks is not a crash's doing.
    const args = [file, history, `${seed}-${life}`, since, Math.floor(random() * 2 ** 31), tear ? 0 : 200].map(String);
    const child = spawn(process.execPath, [new URL("./child.ts", import.meta.url).pathname, ...args], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, NODE_COMPILE_CACHE: join(folder, "..", "cache") },
    });
    const whileOpening = !final && random() < 0.15;
    const complaint = await live(child, whileOpening ? random() * 120 : undefined, final ? undefined : random() * 120);
    if (complaint) {
      result.violations.push({ property: "durable", message: `life ${life} did not start: ${complaint}` });
      return result;
    }
    if (!final) result.kills++;
    const began = existsSync(history) ? readHistory(history) : undefined;
    rmSync(history, { force: true });
    if (!began) {
      result.killedWhileOpening++;
      continue;
    }
    result.openMs.push(began.found.openMs);
    if (last) judge(last, began.found, tear, result);
    if (result.violations.length > 0) return result;
    last = began;
    if (tear && !final && existsSync(`${file}-wal`) && statSync(`${file}-wal`).size > 0) {
      tearTail(`${file}-wal`, random);
      result.torn++;
    }
    onProgress?.(result.kills);
  }
  return result;
}

/** Kills the child; resolves with what it said when it died of itself. Without `killAfter` it is asked to end. */
async function live(
  child: ChildProcess,
  killOpening: number | undefined,
  killAfter: number | undefined,
): Promise<string | undefined> {
  let errors = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    errors += chunk.toString();
  });
  const exited = once(child, "close") as Promise<[number | null, string | null]>;
  const ready = child.stdout ? once(child.stdout, "data").catch(() => undefined) : Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  if (killOpening !== undefined) timer = setTimeout(() => child.kill("SIGKILL"), killOpening);
  else {
    await Promise.race([ready, exited]);
    timer = setTimeout(() => child.kill(killAfter === undefined ? "SIGTERM" : "SIGKILL"), killAfter ?? 20);
  }
  const [code, signal] = await exited;
  clearTimeout(timer);
  return signal === "SIGKILL" || (code === 0 && killAfter === undefined)
    ? undefined
    : `code ${code} ${signal} ${errors}`;
}

function readHistory(path: string): Began | undefined {
  // The last line may have been cut.
  const lines = readFileSync(path, "utf8").split("\n").slice(0, -1);
  const [found, ...records] = lines.map((line) => JSON.parse(line) as unknown);
  return found ? { found: found as Found, records: records as HistoryRecord[] } : undefined;
}

function judge({ found, records }: Began, next: Found, torn: boolean, result: LaneResult): void {
  const whole: Life = {
    revision: found.revision,
    entries: found.entries,
    records,
    log: next.log,
    endRevision: next.revision,
    endEntries: next.entries,
  };
  count(records, result);
  if (next.revision < found.revision) {
    if (!torn)
      result.violations.push({ property: "durable", message: `from ${found.revision} back to ${next.revision}` });
    return;
  }
  // With a torn tail clients may have seen more than is left: what is left must still be a whole beginning of it.
  const life = torn
    ? { ...whole, records: records.filter((record) => record.t === "invoke" || record.at <= next.revision) }
    : whole;
  result.violations.push(...check(life));
}

function count(records: readonly HistoryRecord[], result: LaneResult): void {
  for (const record of records) {
    if (record.t === "invoke" && (record.kind === "get" || record.kind === "list")) result.reads++;
    else if (record.t === "invoke") result.writes++;
    else if (record.t === "acked") result.acknowledged++;
    else if (record.t === "refused") result.refused++;
    else if (record.t === "watch") result.watches++;
    else if (record.t === "events") result.delivered += record.events.length;
  }
}
