/**
 * Cluster DNS over UDP: queries a second and how long each takes, with many Services. The clients are a process of their own.
 * `node bench/dns.ts [services] [seconds]`
 */
import { fork } from "node:child_process";
import { createSocket } from "node:dgram";
import { fileURLToPath } from "node:url";
import { ClusterZone } from "../src/agent/dns/cluster-zone.ts";
import { Forwarder } from "../src/agent/dns/forwarder.ts";
import { DnsServer } from "../src/agent/dns/server.ts";
import { ServiceDirectory } from "../src/agent/net/service-directory.ts";
import { systemClock } from "../src/machinery/clock.ts";
import { silentLogger } from "../src/machinery/logger.ts";

const count = Number(process.argv[2] ?? 5000);
const seconds = Number(process.argv[3] ?? 3);
/** So many are under way at a time. */
const clients = 16;
const [, , , , role, port] = process.argv;

if (role === "client") await ask(Number(port));
else await serve();

async function serve(): Promise<void> {
  const directory = new ServiceDirectory();
  for (let n = 0; n < count; n++) {
    const clusterIP = `10.43.${n >> 8}.${n & 255}`;
    directory.set("services", {
      apiVersion: "v1",
      kind: "Service",
      metadata: { namespace: "bench", name: `s${n}`, uid: `s${n}`, resourceVersion: "1" },
      spec: { clusterIP, clusterIPs: [clusterIP], ports: [{ name: "http", port: 80, protocol: "TCP" }] },
    } as never);
  }
  directory.synced();
  const zone = new ClusterZone({
    directory,
    domain: "cluster.local",
    address: "10.43.0.10",
    isClusterAddress: (address) => address.startsWith("10.43."),
  });
  const forwarder = new Forwarder({ servers: () => Promise.resolve([]), clock: systemClock, log: silentLogger });
  const server = new DnsServer({ zone, forwarder, log: silentLogger });
  const listening = await server.listen("127.0.0.1", 0);
  const args = [String(count), String(seconds), "client", String(listening)];
  const child = fork(fileURLToPath(import.meta.url), args);
  await new Promise<void>((resolve) => child.on("exit", () => resolve()));
  forwarder.close();
  await server.close();
}

async function ask(to: number): Promise<void> {
  const times: number[] = [];
  const end = performance.now() + seconds * 1000;
  await Promise.all(Array.from({ length: clients }, (_, index) => askUntil(end, to, index, times)));
  times.sort((a, b) => a - b);
  const at = (share: number): string => (times[Math.floor(times.length * share)] ?? Number.NaN).toFixed(2);
  const rate = Math.round(times.length / seconds);
  console.log(
    `${count} Services: ${rate} queries a second, p50 ${at(0.5)} ms, p99 ${at(0.99)} ms (${clients} clients)`,
  );
}

async function askUntil(end: number, to: number, index: number, times: number[]): Promise<void> {
  const socket = createSocket("udp4");
  await new Promise<void>((resolve) => socket.connect(to, "127.0.0.1", resolve));
  for (let n = index; performance.now() < end; n += clients) {
    const query = question(`s${n % count}.bench.svc.cluster.local`, n & 0xffff);
    const begin = performance.now();
    const answered = new Promise<Buffer>((resolve) => socket.once("message", resolve));
    socket.send(query);
    const answer = await answered;
    if (answer.readUInt16BE(6) !== 1) throw new Error("no answer in the answer");
    times.push(performance.now() - begin);
  }
  socket.close();
}

function question(name: string, id: number): Buffer {
  const head = Buffer.from([id >> 8, id & 255, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
  const labels = name.split(".").map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)]));
  return Buffer.concat([head, ...labels, Buffer.from([0, 0, 1, 0, 1])]);
}
