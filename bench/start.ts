/**
 * Start to /readyz, on a fresh data dir and on one with 10,000 objects; idle memory and CPU with one node on Docker.
 * The floor of a start is Node itself (`node -e 0`), measured in the same run.
 * usage: node bench/start.ts [--idle SECONDS]
 */
import { execFileSync } from "node:child_process";
import { ask, median, removeDataDir, startKl, temporaryDataDir, usage } from "./kl-process.ts";

const idleSeconds = Number(process.argv[process.argv.indexOf("--idle") + 1] || 60);
const runs = 7;

function line(what: string, figure: string): void {
  process.stdout.write(`${what.padEnd(52)} ${figure}\n`);
}

const floor: number[] = [];
for (let run = 0; run < runs; run += 1) {
  const began = performance.now();
  execFileSync(process.execPath, ["-e", "0"]);
  floor.push(performance.now() - began);
}
line("floor: node -e 0", `${median(floor).toFixed(0)} ms`);

const fresh: number[] = [];
for (let run = 0; run < runs; run += 1) {
  const dataDir = temporaryDataDir();
  const kl = await startKl(dataDir, ["--no-agent"]);
  fresh.push(kl.readyAfter);
  await kl.stop();
  removeDataDir(dataDir);
}
line(
  "start to /readyz, fresh data dir",
  `${median(fresh).toFixed(0)} ms (${fresh.map((ms) => ms.toFixed(0)).join(" ")})`,
);

const full = temporaryDataDir();
const filler = await startKl(full, ["--no-agent"]);
const configMap = (index: number): object => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: `filler-${index}` },
  data: { text: "x".repeat(1200) },
});
for (let index = 0; index < 10_000; index += 200) {
  const answers = await Promise.all(
    Array.from({ length: 200 }, (_, offset) =>
      ask(filler, "POST", "/api/v1/namespaces/default/configmaps", configMap(index + offset)),
    ),
  );
  const refused = answers.find(({ code }) => code !== 201);
  if (refused) throw new Error(`create: ${refused.code} ${refused.body}`);
}
await filler.stop();
const loaded: number[] = [];
for (let run = 0; run < runs; run += 1) {
  const kl = await startKl(full, ["--no-agent"]);
  loaded.push(kl.readyAfter);
  await kl.stop();
}
removeDataDir(full);
line(
  "start to /readyz, 10,000 objects",
  `${median(loaded).toFixed(0)} ms (${loaded.map((ms) => ms.toFixed(0)).join(" ")})`,
);

const idleDir = temporaryDataDir();
const idle = await startKl(idleDir, ["--node-name", "bench"]);
await new Promise((resolve) => setTimeout(resolve, 60_000));
const atMinute = usage(idle.pid);
line("idle after a minute, one node: resident memory", `${atMinute.megabytes.toFixed(0)} MB`);
await new Promise((resolve) => setTimeout(resolve, idleSeconds * 1000));
const later = usage(idle.pid);
const share = ((later.cpuSeconds - atMinute.cpuSeconds) / idleSeconds) * 100;
line(`idle CPU over ${idleSeconds} s`, `${share.toFixed(2)} % of a core`);
line("resident memory then", `${later.megabytes.toFixed(0)} MB`);
await idle.stop();
removeDataDir(idleDir);
