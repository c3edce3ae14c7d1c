/**
 * `npm run torture -- [--kills 1000] [--lanes 2] [--seed N] [--folder DIR]`: kills stores with SIGKILL under writers, readers
 * and watchers, judges every life, and tells what it saw. One kill in five is followed by damage to the unsynced tail.
 * Ends with 1 and leaves the database where something was found.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type LaneResult, runLane } from "./lane.ts";

const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "1000" },
    lanes: { type: "string", default: "2" },
    seed: { type: "string" },
    folder: { type: "string", default: tmpdir() },
  },
});
const kills = Number(values.kills);
const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed);
const folder = mkdtempSync(join(values.folder, "kl-torture-"));
const chunk = 50;

const begun = performance.now();
const seconds = (): string => ((performance.now() - begun) / 1000).toFixed(0);
const results: LaneResult[] = [];
let planned = 0;
let done = 0;

/** A database lives for a chunk of kills, then a new one begins. */
async function lane(): Promise<void> {
  for (let part = planned / chunk; planned < kills; part = planned / chunk) {
    const wanted = Math.min(chunk, kills - planned);
    planned += chunk;
    const own = join(folder, `${part}`);
    const result = await runLane({ folder: own, kills: wanted, seed: seed + part, tear: part % 5 === 4 });
    results.push(result);
    done += result.kills;
    console.log(`${seconds()} s: ${done} kills, ${result.violations.length} violations in part ${part}`);
    if (result.violations.length > 0) {
      planned = kills;
      for (const { property, message } of result.violations.slice(0, 20)) console.log(`  ${property}: ${message}`);
      console.log(`  kept: ${own}; again with --seed ${seed}`);
    } else rmSync(own, { recursive: true });
  }
}

console.log(`${kills} kills, seed ${seed}, in ${folder}`);
await Promise.all(Array.from({ length: Number(values.lanes) }, lane));

const sum = (of: (result: LaneResult) => number): number => results.reduce((total, result) => total + of(result), 0);
const opens = results.flatMap(({ openMs }) => openMs).toSorted((a, b) => a - b);
console.log(`${sum((r) => r.kills)} kills in ${seconds()} s, ${sum((r) => r.killedWhileOpening)} of them while the store opened
${sum((r) => r.torn)} damaged tails of the write-ahead log
${sum((r) => r.writes)} writes: ${sum((r) => r.acknowledged)} acknowledged, ${sum((r) => r.refused)} refused, the others cut off
${sum((r) => r.reads)} reads, ${sum((r) => r.watches)} watches, ${sum((r) => r.delivered)} events delivered
start after a kill: median ${opens[opens.length >> 1]?.toFixed(0)} ms, longest ${opens.at(-1)?.toFixed(0)} ms
violations: ${sum((r) => r.violations.length)}`);
if (sum((r) => r.violations.length) === 0) rmSync(folder, { recursive: true });
else process.exitCode = 1;
