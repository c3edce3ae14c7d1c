/** The server over real sockets, asked by c-ares (node:dns) and by hand, with another one of its kind as the host's. */
import { createSocket } from "node:dgram";
import { Resolver } from "node:dns/promises";
import { connect } from "node:net";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { ClusterZone } from "../../../src/agent/dns/cluster-zone.ts";
import { Forwarder } from "../../../src/agent/dns/forwarder.ts";
import { FrameReader, framed } from "../../../src/agent/dns/framing.ts";
import { DnsServer } from "../../../src/agent/dns/server.ts";
import { ServiceDirectory } from "../../../src/agent/net/service-directory.ts";
import { systemClock } from "../../../src/machinery/clock.ts";
import { silentLogger } from "../../../src/machinery/logger.ts";
import { FakeClock } from "../../fake-clock.ts";
import { serviceOf, sliceOf } from "../net/objects.ts";
import { exampleDirectory } from "./zone-fixture.ts";

const host = "127.0.0.1";
const directory = exampleDirectory();
const clock = new FakeClock();
/** Stands for the internet: its names end in example.org. */
const world = new ServiceDirectory();
const worldServer = serverOf(world, "example.org", () => Promise.resolve([]), 0);
const asked = vi.spyOn(worldServer.zone, "resolve");
let server: DnsServer;
let port = 0;
let worldPort = 0;
const resolver = new Resolver({ timeout: 3000, tries: 1 });

function serverOf(of: ServiceDirectory, domain: string, servers: () => Promise<string[]>, upstreamPort: number) {
  const zone = new ClusterZone({ directory: of, domain, address: "10.43.0.10", isClusterAddress: () => false });
  const forwarder = new Forwarder({ servers, port: upstreamPort, clock, log: silentLogger });
  return { zone, forwarder, server: new DnsServer({ zone, forwarder, log: silentLogger }) };
}

beforeAll(async () => {
  world.set("services", serviceOf("www", { clusterIP: "198.51.100.1" }));
  world.set("services", serviceOf("many", { clusterIP: "None" }));
  world.set(
    "endpointslices",
    sliceOf(
      "many",
      Array.from({ length: 100 }, (_, index) => `198.51.100.${index + 1}`),
    ),
  );
  world.synced();
  worldPort = await worldServer.server.listen(host, 0);
  ({ server } = serverOf(directory, "cluster.local", () => Promise.resolve([host]), worldPort));
  port = await server.listen(host, 0);
  resolver.setServers([`${host}:${port}`]);
});
afterAll(async () => {
  await server.close();
  await worldServer.server.close();
});

test("a resolver gets addresses, services, names and aliases", async () => {
  expect(await resolver.resolve4("web.default.svc.cluster.local", { ttl: true })).toEqual([
    { address: "10.43.1.1", ttl: 5 },
  ]);
  expect(await resolver.resolve6("dual.default.svc.cluster.local")).toEqual(["fd00::12"]);
  expect((await resolver.resolveSrv("_sql._tcp.db.default.svc.cluster.local")).map(({ name }) => name).sort()).toEqual([
    "10-42-0-13.db.default.svc.cluster.local",
    "db-0.db.default.svc.cluster.local",
    "db-1.db.default.svc.cluster.local",
  ]);
  expect(await resolver.reverse("10.42.0.10")).toEqual(["db-0.db.default.svc.cluster.local"]);
  expect(await resolver.resolveCname("outside.default.svc.cluster.local")).toEqual(["db.example.org"]);
  expect(await resolver.resolveTxt("dns-version.cluster.local")).toEqual([["1.1.0"]]);
  expect(await resolver.resolveSoa("cluster.local")).toMatchObject({ nsname: "ns.dns.cluster.local", minttl: 5 });
  await expect(resolver.resolve4("nothing.default.svc.cluster.local")).rejects.toMatchObject({ code: "ENOTFOUND" });
  await expect(resolver.resolve6("web.default.svc.cluster.local")).rejects.toMatchObject({ code: "ENODATA" });
});

test("an alias is followed, within the cluster and outside", async () => {
  expect(await resolver.resolve4("alias.default.svc.cluster.local")).toEqual(["10.43.1.1"]);
  directory.set(
    "services",
    serviceOf("www", { type: "ExternalName", clusterIP: "", externalName: "www.default.svc.example.org" }),
  );
  expect(await resolver.resolve4("www.default.svc.cluster.local")).toEqual(["198.51.100.1"]);
});

test("other names are asked of the host's server, once while the answer is fresh", async () => {
  asked.mockClear();
  const name = "www.default.svc.example.org";
  const seconds = async () => (await resolver.resolve4(name, { ttl: true }))[0]?.ttl;
  expect(await seconds()).toBe(5);
  clock.advance(2000);
  expect(await seconds()).toBe(3);
  await expect(resolver.resolve4("missing.default.svc.example.org")).rejects.toMatchObject({ code: "ENOTFOUND" });
  await expect(resolver.resolve4("missing.default.svc.example.org")).rejects.toMatchObject({ code: "ENOTFOUND" });
  expect(asked.mock.calls.map(([one]) => one)).toEqual([name, "missing.default.svc.example.org"]);
  clock.advance(3000);
  expect(await seconds()).toBe(5);
});

test("without a server that answers it says so, and does not wait for ever", async () => {
  const silent = createSocket("udp4");
  await new Promise<void>((resolve) => silent.bind(0, host, resolve));
  const { server: lonely, forwarder } = serverOf(
    directory,
    "cluster.local",
    () => Promise.resolve([host]),
    silent.address().port,
  );
  const lonelyPort = await lonely.listen(host, 0);
  const impatient = new Resolver({ timeout: 3000, tries: 1 });
  impatient.setServers([`${host}:${lonelyPort}`]);
  const answer = expect(impatient.resolve4("www.example.com")).rejects.toMatchObject({ code: "ESERVFAIL" });
  // The question is asked a second time, since packets get lost.
  await new Promise<void>((resolve) => silent.once("message", () => resolve()));
  clock.advance(1000);
  await new Promise<void>((resolve) => silent.once("message", () => resolve()));
  clock.advance(4000);
  await answer;
  forwarder.close();
  silent.close();
  await lonely.close();
});

test("a large answer is cut off over UDP and whole over TCP, its own as others'", async () => {
  directory.set("services", serviceOf("many", { clusterIP: "None" }));
  directory.set(
    "endpointslices",
    sliceOf(
      "many",
      Array.from({ length: 200 }, (_, index) => `10.42.1.${index + 1}`),
    ),
  );
  for (const [name, count] of [
    ["many.default.svc.cluster.local", 200],
    ["many.default.svc.example.org", 100],
  ] as const) {
    const query = question(name);
    const cut = await overUdp(query);
    expect(cut.length).toBeLessThanOrEqual(512);
    expect(cut.readUInt16BE(2) & 0x200).toBe(0x200);
    const whole = await overTcp(query);
    expect(whole.readUInt16BE(2) & 0x200).toBe(0);
    expect(whole.readUInt16BE(6)).toBe(count);
    expect(await resolver.resolve4(name)).toHaveLength(count);
  }
});

test("what is no query is refused or left alone, and the server goes on", async () => {
  expect((await overUdp(Buffer.from("1234000000000000", "hex"))).toString("hex", 0, 4)).toBe("12348001");
  const loop = Buffer.concat([question("a").subarray(0, 12), Buffer.from([0xc0, 0x0c, 0, 1, 0, 1])]);
  expect((await overUdp(loop)).readUInt16BE(2) & 0xf).toBe(1);
  const status = question("web.default.svc.cluster.local");
  status.writeUInt16BE(0x1000, 2);
  expect((await overUdp(status)).readUInt16BE(2) & 0xf).toBe(4);
  expect(await resolver.resolve4("web.default.svc.cluster.local")).toEqual(["10.43.1.1"]);
});

test("a port that is taken is another server's: any other will do", async () => {
  const { server: second } = serverOf(directory, "cluster.local", () => Promise.resolve([]), 0);
  const other = await second.listen(host, port);
  expect(other).not.toBe(port);
  await second.close();
});

test("answers thousands of queries a second", async () => {
  const started = systemClock.now();
  const query = question("web.default.svc.cluster.local");
  const socket = createSocket("udp4");
  await new Promise<void>((resolve) => socket.connect(port, host, resolve));
  let answered = 0;
  await new Promise<void>((resolve) => {
    socket.on("message", () => {
      if (++answered === 2000) resolve();
      else socket.send(query);
    });
    for (let index = 0; index < 16; index++) socket.send(query);
  });
  socket.close();
  const rate = Math.round((answered / (systemClock.now() - started)) * 1000);
  console.info(`${rate} DNS queries a second, client and server in one process`);
  expect(rate).toBeGreaterThan(1000);
});

function question(name: string): Buffer {
  const labels = name.split(".").map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)]));
  const header = Buffer.from([0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
  return Buffer.concat([header, ...labels, Buffer.from([0, 0, 1, 0, 1])]);
}

async function overUdp(query: Buffer): Promise<Buffer> {
  const socket = createSocket("udp4");
  try {
    return await new Promise((resolve) => {
      socket.once("message", resolve);
      socket.send(query, port, host);
    });
  } finally {
    socket.close();
  }
}

async function overTcp(query: Buffer): Promise<Buffer> {
  const socket = connect(port, host);
  try {
    return await new Promise((resolve, reject) => {
      const reader = new FrameReader(resolve);
      socket.on("data", (chunk) => reader.push(chunk));
      socket.on("error", reject);
      // In two pieces, as a network may deliver it.
      const frame = framed(query);
      socket.write(frame.subarray(0, 5));
      socket.write(frame.subarray(5));
    });
  } finally {
    socket.destroy();
  }
}
