/**
 * `npm run fuzz -- [--minutes N] [--cases N] [--seed N] [--only CASE]`: sends protobuf, JSON, YAML and patches of every kind
 * to an API server and tells what should not have been answered. What a seed and a number make is always the same, so
 * `--seed S --only N` runs one case again. Ends with 1 where something was found.
 */
import { parseArgs } from "node:util";
import { runCase } from "./cases.ts";
import { startGround } from "./ground.ts";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "1" },
    cases: { type: "string" },
    seed: { type: "string" },
    only: { type: "string" },
  },
});
const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed);
const cases = values.cases === undefined ? Number.POSITIVE_INFINITY : Number(values.cases);
const end =
  performance.now() + (values.cases === undefined ? Number(values.minutes) * 60_000 : Number.POSITIVE_INFINITY);
const most = 50;

const api = await startGround();
console.log(`seed ${seed}`);
let done = 0;
let found = 0;
const begun = performance.now();
const say = (): void => {
  const seconds = (performance.now() - begun) / 1000;
  const rss = Math.round(process.memoryUsage().rss / 2 ** 20);
  console.log(`${seconds.toFixed(0)} s: ${done} cases, ${found} findings, ${rss} MiB`);
};

async function run(number: number): Promise<void> {
  const finding = await runCase(api, seed, number);
  done++;
  if (finding === undefined) return;
  found++;
  console.log(`\ncase ${number} (again with --seed ${seed} --only ${number}): ${finding.path}`);
  console.log(`${finding.what.slice(0, 4000)}\nsent: ${finding.sent.slice(0, 4000)}`);
}

process.on("uncaughtException", (error) => {
  console.log(`the server fell over near case ${done} of seed ${seed}: ${error.stack}`);
  process.exit(1);
});

if (values.only !== undefined) await run(Number(values.only));
else {
  let next = 0;
  let told = begun;
  const worker = async (): Promise<void> => {
    while (next < cases && performance.now() < end && found < most) {
      await run(next++);
      if (performance.now() - told < 60_000) continue;
      told = performance.now();
      say();
    }
  };
  await Promise.all(Array.from({ length: 4 }, worker));
}
say();
await api.close();
process.exit(found > 0 ? 1 : 0);
