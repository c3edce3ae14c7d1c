/**
 * The link to agents of other hosts, over TLS on the loopback: calls, a long log, how soon a change arrives, and fifty
 * agents that come back at once. `npm run build && node bench/link.ts`
 */
import { once } from "node:events";
import { readFileSync, rmSync } from "node:fs";
import { request } from "node:https";
import { join } from "node:path";
import { Readable } from "node:stream";
import { Worker } from "node:worker_threads";
import type { AgentLink, DesiredStateSink } from "../proto/agent.ts";
import { connectServer } from "../src/agent/link/connection.ts";
import type { ServerConnection } from "../src/agent/link/types.ts";
import { systemClock } from "../src/machinery/clock.ts";
import { silentLogger } from "../src/machinery/logger.ts";
import { klVersion } from "../src/machinery/version.ts";
import { issueCertificate } from "../src/server/pki/certificate-authority.ts";
import { startKl, temporaryDataDir } from "./kl-process.ts";

const agentCount = 50;
const services = 2000;
const dataDir = temporaryDataDir();
const kl = await startKl(dataDir, ["--no-agent"]);
const pki = (file: string): string => readFileSync(join(dataDir, "pki", file), "utf8");
const ca = { cert: pki("ca.crt"), key: pki("ca.key") };
const url = `https://127.0.0.1:${kl.port}`;

const residentMegabytes = (): string => {
  const [, kilobytes] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${kl.pid}/status`, "utf8")) ?? [];
  return `${(Number(kilobytes) / 1024).toFixed(0)} MB`;
};

function ask(method: string, path: string, body?: object): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json" };
    const asking = request({ host: "127.0.0.1", port: kl.port, path, method, agent: kl.agent, headers }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("end", () => {
        if ((answer.statusCode ?? 500) < 300) resolve(Buffer.concat(chunks));
        else reject(new Error(`${method} ${path}: ${answer.statusCode} ${Buffer.concat(chunks)}`));
      });
      answer.on("error", reject);
    });
    asking.on("error", reject);
    asking.end(body && JSON.stringify(body));
  });
}

async function until(check: () => boolean): Promise<void> {
  while (!check()) await new Promise((resolve) => setTimeout(resolve, 1));
}

function percentiles(times: number[]): string {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number): string => (sorted[Math.floor((sorted.length - 1) * share)] ?? 0).toFixed(2);
  return `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, worst ${at(1)} ms`;
}

async function latencies(times: number, work: (index: number) => Promise<unknown>): Promise<number[]> {
  const taken: number[] = [];
  for (let index = 0; index < times; index++) {
    const begun = performance.now();
    await work(index);
    taken.push(performance.now() - begun);
  }
  return taken;
}

class Counting implements DesiredStateSink {
  known = new Set<string>();
  synced(): void {
    this.isSynced = true;
  }
  isSynced = false;
  reset(): void {
    this.known.clear();
  }
  set(_: string, object: { metadata: { name?: string } }): void {
    this.known.add(object.metadata.name ?? "");
  }
  remove(_: string, { name }: { name: string }): void {
    this.known.delete(name);
  }
}

async function connect(nodeName: string): Promise<{ connection: ServerConnection; sink: Counting }> {
  const subject = { commonName: `system:node:${nodeName}`, organizations: ["system:nodes"], usage: "client", days: 1 };
  const certificate = await issueCertificate(ca, { ...subject, usage: "client" }, Date.now());
  const connection = connectServer({
    url,
    ca: ca.cert,
    certificate: () => certificate,
    nodeName,
    version: klVersion,
    clock: systemClock,
    log: silentLogger,
  });
  const sink = new Counting();
  connection.link.subscribe(sink, ["services", "endpointslices", "pods"]);
  return { connection, sink };
}

const collection = "/api/v1/namespaces/default/services";
const service = (name: string): object => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name, annotations: { padding: "x".repeat(1000) } },
  spec: { clusterIP: "None", selector: { app: name }, ports: [{ port: 80 }] },
});

console.log(`idle server: ${residentMegabytes()}`);
const first = await connect("n0");
await until(() => first.sink.isSynced);
console.log(`with one agent: ${residentMegabytes()}`);
await first.connection.link.register({ apiVersion: "v1", kind: "Node", metadata: { name: "n0" } });

const calls = 2000;
let begun = performance.now();
const alone = await latencies(500, () => first.connection.link.recordEvents([]));
console.log(`a call and its answer: ${percentiles(alone)}`);
begun = performance.now();
await Promise.all(Array.from({ length: calls }, () => first.connection.link.recordEvents([])));
console.log(`calls side by side: ${Math.round((calls / (performance.now() - begun)) * 1000)} per second`);

const chunk = Buffer.alloc(64 * 1024, "log ");
const total = 256;
first.connection.serve({
  nodeName: "n0",
  logs: async () => Readable.from(Array.from({ length: (total * 1024 * 1024) / chunk.length }, () => chunk)),
} as unknown as AgentLink);
await ask("POST", "/api/v1/namespaces/default/pods", {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "talker" },
  spec: { nodeName: "n0", containers: [{ name: "app", image: "x" }], automountServiceAccountToken: false },
});
begun = performance.now();
const { length } = await ask("GET", "/api/v1/namespaces/default/pods/talker/log");
console.log(`a log through server and API: ${(length / 1e6 / ((performance.now() - begun) / 1000)).toFixed(0)} MB/s`);

const arrivals = await latencies(200, async (index) => {
  const created = ask("POST", collection, service(`early-${index}`));
  await until(() => first.sink.known.has(`early-${index}`));
  await created;
});
console.log(`a Service from its POST to the agent: ${percentiles(arrivals)}`);

for (let index = 0; index < services; index += 100) {
  await Promise.all(
    Array.from({ length: 100 }, (_, offset) => ask("POST", collection, service(`s-${index + offset}`))),
  );
}
const others = await Promise.all(Array.from({ length: agentCount - 1 }, (_, index) => connect(`n${index + 1}`)));
const all = [first, ...others];
begun = performance.now();
await until(() => all.every(({ sink }) => sink.isSynced && sink.known.size >= services + 200));
console.log(`${agentCount} agents know ${services + 200} Services after ${Math.round(performance.now() - begun)} ms`);
console.log(`with ${agentCount} agents: ${residentMegabytes()}`);

const prober = new Worker(new URL("./link-prober.ts", import.meta.url), { workerData: { dataDir, port: kl.port } });
const probed = async (): Promise<number[]> => {
  prober.postMessage("tell");
  const [taken] = (await once(prober, "message")) as [number[]];
  return taken;
};
await new Promise((resolve) => setTimeout(resolve, 1000));
await probed();
await new Promise((resolve) => setTimeout(resolve, 2000));
console.log(`GET beside ${agentCount} quiet agents: ${percentiles(await probed())}`);
const wasConnected = new Set<ServerConnection>();
for (const { connection } of all)
  connection.onState(({ phase }) => phase === "connected" && wasConnected.add(connection));
begun = performance.now();
for (const { connection } of all) connection.redial();
await ask("POST", collection, service("news"));
await until(() => all.every(({ sink }) => sink.known.has("news")));
console.log(`all ${agentCount} dial anew and hear the news after ${Math.round(performance.now() - begun)} ms`);
console.log(`GET meanwhile: ${percentiles(await probed())}`);
await prober.terminate();
if (wasConnected.size !== agentCount) throw new Error(`only ${wasConnected.size} agents dialled anew`);

await Promise.all(all.map(({ connection }) => connection.close()));
await kl.stop();
rmSync(dataDir, { recursive: true, force: true });
