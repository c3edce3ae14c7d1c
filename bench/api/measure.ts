/** The server under load, what is measured on it, and how it is told. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { Connection, type Target } from "./connection.ts";

export const seconds = Number(process.argv[2] ?? 3);
const flags = (process.env.KL_BENCH_FLAGS ?? "").split(" ").filter((flag) => flag !== "");
export const server: ChildProcess = fork(new URL("./server.ts", import.meta.url), { execArgv: flags });
export const [target] = (await once(server, "message")) as [Target];
let serial = 0;

/** A number that no other call has got. */
export function next(): number {
  return serial++;
}

export function connections(count: number): Promise<Connection[]> {
  return Promise.all(Array.from({ length: count }, () => Connection.open(target)));
}

export function pod(name: string): string {
  const env = Array.from({ length: 12 }, (_, i) => ({ name: `SETTING_${i}`, value: `value-${i}-of-some-length` }));
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, labels: { app: `bench-${serial % 100}`, tier: "web" }, annotations: { note: "x".repeat(120) } },
    spec: {
      containers: [
        {
          name: "main",
          image: "registry.example.com/team/app:1.2.3",
          env,
          ports: [{ containerPort: 8080, name: "http" }],
          resources: { requests: { cpu: "100m", memory: "64Mi" }, limits: { cpu: "1", memory: "256Mi" } },
        },
      ],
    },
  });
}

interface Figures {
  readonly loopDelayP99: number;
  readonly rss: number;
}

export async function figures(): Promise<Figures> {
  server.send("figures");
  const [answer] = (await once(server, "message")) as [Figures];
  return answer;
}

export function median(values: number[]): number {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

export async function rate(
  label: string,
  clients: number,
  expected: number,
  one: (connection: Connection) => Promise<number>,
): Promise<void> {
  const open = await connections(clients);
  let count = 0;
  let running = true;
  const latencies: number[] = [];
  const loops = open.map(async (connection) => {
    while (running) {
      const start = performance.now();
      const code = await one(connection);
      if (code !== expected) throw new Error(`${label}: ${code} instead of ${expected}`);
      latencies.push(performance.now() - start);
      count++;
    }
  });
  await new Promise((resolve) => setTimeout(resolve, 500));
  await figures();
  const slices: number[] = [];
  for (let i = 0; i < 5; i++) {
    const before = count;
    const start = performance.now();
    await new Promise((resolve) => setTimeout(resolve, (seconds * 1000) / 5));
    slices.push(((count - before) * 1000) / (performance.now() - start));
  }
  running = false;
  await Promise.all(loops);
  latencies.sort((a, b) => a - b);
  const p99 = percentile(latencies, 0.99);
  const { loopDelayP99, rss } = await figures();
  report(label, `${Math.round(median(slices)).toLocaleString("en")}/s`, `p99 ${p99.toFixed(1)} ms`, loopDelayP99, rss);
  for (const connection of open) connection.close();
}

/** Of sorted values. */
export function percentile(sorted: readonly number[], part: number): number {
  return sorted[Math.floor(sorted.length * part)] ?? 0;
}

export function report(label: string, figure: string, more: string, loop: number, rss: number): void {
  const tail = `server loop p99 ${loop.toFixed(1)} ms, rss ${rss.toFixed(0)} MB`;
  console.log(`${label.padEnd(34)}${figure.padStart(14)}   ${more.padEnd(16)} ${tail}`);
}
