/**
 * The API server over HTTPS, on a store on the disk. `node bench/api.ts [seconds per measurement]`. Prints medians of five
 * slices. `KL_BENCH_FLAGS="--cpu-prof"` goes to the server's process.
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { Connection, type Target } from "./api/connection.ts";

const seconds = Number(process.argv[2] ?? 3);
const flags = (process.env.KL_BENCH_FLAGS ?? "").split(" ").filter((flag) => flag !== "");
const server = fork(new URL("./api/server.ts", import.meta.url), { execArgv: flags });
const [target] = (await once(server, "message")) as [Target];
const pods = "/api/v1/namespaces/default/pods";
let serial = 0;

function pod(name: string): string {
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

async function figures(child: ChildProcess): Promise<Figures> {
  child.send("figures");
  const [answer] = (await once(child, "message")) as [Figures];
  return answer;
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

async function rate(
  label: string,
  clients: number,
  expected: number,
  one: (connection: Connection) => Promise<number>,
): Promise<void> {
  const connections = await Promise.all(Array.from({ length: clients }, () => Connection.open(target)));
  let count = 0;
  let running = true;
  const latencies: number[] = [];
  const loops = connections.map(async (connection) => {
    while (running) {
      const start = performance.now();
      const code = await one(connection);
      if (code !== expected) throw new Error(`${label}: ${code} instead of ${expected}`);
      latencies.push(performance.now() - start);
      count++;
    }
  });
  await new Promise((resolve) => setTimeout(resolve, 500));
  await figures(server);
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
  const p99 = latencies[Math.floor(latencies.length * 0.99)] ?? 0;
  const { loopDelayP99, rss } = await figures(server);
  report(label, `${Math.round(median(slices)).toLocaleString("en")}/s`, `p99 ${p99.toFixed(1)} ms`, loopDelayP99, rss);
  for (const connection of connections) connection.close();
}

function report(label: string, figure: string, more: string, loop: number, rss: number): void {
  const tail = `server loop p99 ${loop.toFixed(1)} ms, rss ${rss.toFixed(0)} MB`;
  console.log(`${label.padEnd(34)}${figure.padStart(14)}   ${more.padEnd(16)} ${tail}`);
}

const create = (connection: Connection): Promise<number> => connection.send("POST", pods, pod(`bench-${serial++}`));

for (const clients of [1, 16, 64]) await rate(`create pods, ${clients} clients`, clients, 201, create);
for (const clients of [1, 16, 64]) {
  await rate(`get a pod, ${clients} clients`, clients, 200, (connection) =>
    connection.send("GET", `${pods}/bench-${serial % 500}`),
  );
}
const patch = (connection: Connection): Promise<number> =>
  connection.send(
    "PATCH",
    `${pods}/bench-${serial++ % 500}`,
    `{"metadata":{"labels":{"n":"${serial}"}}}`,
    "application/merge-patch+json",
  );
for (const clients of [1, 16, 64]) await rate(`merge-patch a pod, ${clients} clients`, clients, 200, patch);

await lists();
await watchers(100);
server.send("stop");
await once(server, "exit");

async function lists(): Promise<void> {
  const connections = await Promise.all(Array.from({ length: 64 }, () => Connection.open(target)));
  await connections[0]?.send("POST", "/api/v1/namespaces", '{"metadata":{"name":"ten"}}');
  const ten = "/api/v1/namespaces/ten/pods";
  let made = 0;
  await Promise.all(
    connections.map(async (connection) => {
      while (made < 10_000) await connection.send("POST", ten, pod(`p-${made++}`));
    }),
  );
  const [connection] = connections;
  if (connection === undefined) return;
  await figures(server);
  const times: number[] = [];
  for (let i = 0; i < 15; i++) {
    const start = performance.now();
    await connection.send("GET", ten);
    times.push(performance.now() - start);
  }
  const { loopDelayP99, rss } = await figures(server);
  report("list 10,000 pods", `${median(times).toFixed(0)} ms`, "", loopDelayP99, rss);
  const selected: number[] = [];
  for (let i = 0; i < 15; i++) {
    const start = performance.now();
    await connection.send("GET", `${ten}?labelSelector=app%3Dbench-7`);
    selected.push(performance.now() - start);
  }
  report("list by label, 1 of 100", `${median(selected).toFixed(1)} ms`, "", loopDelayP99, rss);
  for (const one of connections) one.close();
}

async function watchers(count: number): Promise<void> {
  const maps = "/api/v1/namespaces/default/configmaps";
  const writers = await Promise.all(Array.from({ length: 16 }, () => Connection.open(target)));
  let bytes = 0;
  const opened = await Promise.all(Array.from({ length: count }, () => Connection.open(target)));
  for (const connection of opened) {
    connection.stream(
      `${maps}?watch=1&resourceVersion=${0}&sendInitialEvents=false&resourceVersionMatch=NotOlderThan`,
      (chunk) => {
        bytes += chunk.length;
      },
    );
  }
  await new Promise((resolve) => setTimeout(resolve, 500));
  let running = true;
  let made = 0;
  const data = "y".repeat(300);
  const loops = writers.map(async (connection) => {
    while (running) {
      const body = JSON.stringify({ metadata: { name: `cm-${serial++}` }, data: { a: data } });
      const code = await connection.send("POST", maps, body);
      if (code !== 201) throw new Error(`create: ${code}`);
      made++;
    }
  });
  await new Promise((resolve) => setTimeout(resolve, 500));
  await figures(server);
  const slices: number[] = [];
  for (let i = 0; i < 5; i++) {
    const before = made;
    const start = performance.now();
    await new Promise((resolve) => setTimeout(resolve, (seconds * 1000) / 5));
    slices.push(((made - before) * 1000) / (performance.now() - start));
  }
  running = false;
  await Promise.all(loops);
  const { loopDelayP99, rss } = await figures(server);
  // Every event is a line of some 600 bytes: what was received must be what was written, or the figure means nothing.
  const before = bytes;
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const perEvent = bytes / count / made;
  const deliveries = median(slices) * count;
  report(
    `watch, ${count} watchers`,
    `${Math.round(deliveries).toLocaleString("en")}/s`,
    `${perEvent.toFixed(0)} B each`,
    loopDelayP99,
    rss,
  );
  if (bytes - before > 0.02 * bytes) console.log("  watchers lagged behind the writers");
  for (const connection of [...opened, ...writers]) connection.close();
}
