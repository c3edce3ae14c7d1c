/** What happens when connections break, partners vanish, readers are slow and clocks jump. */
import { Readable, Writable } from "node:stream";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { AgentLink } from "../../../proto/agent.ts";
import type { ConnectOptions, ServerConnection } from "../../../src/agent/link/types.ts";
import * as resources from "../../../src/link/resources.ts";
import type { ConfigMap, Pod, Service } from "../../../src/machinery/types/core/v1.ts";
import { ProcessAgent } from "../../api/stream/process-agent.ts";
import { FakeClock } from "../../fake-clock.ts";
import { RecordingSink } from "../recording-sink.ts";
import {
  type Certificates,
  connectAgent,
  TestServer,
  temporaryFolder,
  testCertificates,
  until,
  Wire,
} from "./link-fixture.ts";

let certificates: Certificates;
let server: TestServer;
let wire: Wire;
let url: string;
const ends: (() => unknown)[] = [];

beforeEach(async () => {
  certificates = await testCertificates();
  server = await new TestServer(certificates).start();
  wire = new Wire(() => server.port);
  url = await wire.open();
});
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
  await wire.close();
  await server.end();
});

async function connect(options: Partial<ConnectOptions> = {}): Promise<ServerConnection> {
  const connection = await connectAgent(certificates, { url, ...options });
  ends.push(() => connection.close());
  return connection;
}

const connected = (connection: ServerConnection) => until(() => connection.state.phase === "connected");
const putPod = (name: string) =>
  server.cluster.put<Pod>(resources.pods, {
    metadata: { name, namespace: "default" },
    spec: { nodeName: "n1", containers: [{ name: "app", image: "x" }] },
  });
const putService = (name: string, text = "") =>
  server.cluster.put<Service>(resources.services, { metadata: { name, namespace: "default", annotations: { text } } });
const pod = { namespace: "default", name: "web", uid: "u1" };
const never = new AbortController().signal;

describe("who may connect", () => {
  test.each([
    ["a user", "admin", ["system:masters"], 'admin" is not a node'],
    ["a node's name without the group", "system:node:n1", [], "is not a node"],
    ["no name", "system:node:", ["system:nodes"], "is not a node"],
  ])(
    "%s is refused, with the reason",
    async (_, name, groups, reason) => {
      const certificate = await certificates.client(name, groups);
      const connection = await connect({ certificate: () => certificate });
      await until(() => connection.state.phase === "refused");
      expect(connection.state).toMatchObject({ reason: expect.stringContaining(reason) });
      expect(server.registry.agentOf("n1")).toBeUndefined();
      await expect(connection.link.renewLease(40)).rejects.toMatchObject({ reason: "Unavailable" });
    },
    20_000,
  );

  test("a certificate of another CA is refused", async () => {
    const { createCertificateAuthority, issueCertificate } = await import(
      "../../../src/server/pki/certificate-authority.ts"
    );
    const other = await createCertificateAuthority("other", 1, Date.now());
    const request = {
      commonName: "system:node:n1",
      organizations: ["system:nodes"],
      usage: "client",
      days: 1,
    } as const;
    const certificate = await issueCertificate(other, request, Date.now());
    const connection = await connect({ certificate: () => certificate });
    await until(() => connection.state.phase === "refused");
    expect(connection.state).toMatchObject({ reason: expect.stringContaining("join again") });
  });

  test("an agent does not speak to a server of another CA", async () => {
    const { createCertificateAuthority } = await import("../../../src/server/pki/certificate-authority.ts");
    const other = await createCertificateAuthority("other", 1, Date.now());
    const connection = await connect({ ca: other.cert });
    await until(() => connection.state.phase === "connecting" && connection.state.error !== undefined);
    expect(server.registry.agentOf("n1")).toBeUndefined();
  });

  test("an agent that is too old hears what to do", async () => {
    const connection = await connect({ version: "v1.36.0+kl0.0.1" });
    await connected(connection);
    await server.stop();
    server = new TestServer(certificates, { version: "v1.40.0+kl0.5.0" });
    await server.start();
    await until(() => connection.state.phase === "refused");
    expect(connection.state).toMatchObject({ reason: expect.stringContaining("too old") });
  });

  test("of two agents of one node the newer one stays", async () => {
    const [first, second] = [new ProcessAgent(), new ProcessAgent()];
    const old = await connect();
    old.serve(first);
    await connected(old);
    const before = server.registry.agentOf("n1");
    let lost = false;
    old.onState(({ phase }) => {
      if (phase === "connecting") lost = true;
    });
    const newer = await connect();
    newer.serve(second);
    await connected(newer);
    await until(() => lost);
    await until(() => server.registry.agentOf("n1") !== undefined && server.registry.agentOf("n1") !== before);
  });
});

describe("a broken connection", () => {
  test("afterwards only what has changed is told, and nobody hears of a reset", async () => {
    for (let index = 0; index < 200; index++) putService(`s${index}`, "x".repeat(2000));
    putPod("web");
    await server.sees("web");
    const connection = await connect();
    const sink = new RecordingSink();
    connection.link.subscribe(sink, ["pods", "services"]);
    await until(() => sink.isSynced);
    expect(sink.known.size).toBe(201);
    const calls = sink.calls.length;
    const first = wire.downloaded;
    expect(first).toBeGreaterThan(400_000);

    wire.break();
    putService("s7", "changed");
    server.cluster.remove(resources.services, "s8", "default");
    putPod("late");
    await until(() => sink.known.has("pods default/late"));
    await until(() => !sink.known.has("services default/s8"));
    expect(sink.calls.slice(calls).sort()).toEqual([
      "remove services default/s8",
      "set pods default/late",
      "set services default/s7",
    ]);
    expect(wire.downloaded - first).toBeLessThan(20_000);
  });

  test("a server that has lost its history tells everything anew", async () => {
    putPod("web");
    putPod("stale");
    await server.sees("stale");
    const connection = await connect();
    const sink = new RecordingSink();
    connection.link.subscribe(sink, ["pods"]);
    await until(() => sink.isSynced);
    const { port } = server;
    await server.end();
    server = new TestServer(certificates);
    server.port = port;
    putPod("fresh");
    await server.start();
    await until(() => sink.known.has("pods default/fresh"));
    await until(() => sink.known.size === 1);
    expect(sink.calls.filter((call) => call === "reset")).toHaveLength(1);
  });

  test("what is asked meanwhile waits a moment for the next one", async () => {
    const connection = await connect();
    await connected(connection);
    await server.stop();
    await until(() => connection.state.phase === "connecting");
    const renewal = connection.link.renewLease(40);
    await server.start();
    await renewal;
    expect(server.cluster.peek(resources.leases, "n1", "kube-node-lease")).toBeDefined();
  });

  test("streams end with the reason, at both ends", async () => {
    const agent = new ProcessAgent();
    const connection = await connect();
    connection.serve(agent);
    await connected(connection);
    const remote = server.registry.agentOf("n1") as AgentLink;
    const stdout = new Writable({ write: (_chunk, _encoding, done) => done() });
    const running = remote.exec(pod, { tty: false, command: ["sleep", "100"] }, { stdout, signal: never });
    const failed = expect(running).rejects.toMatchObject({ reason: "Unavailable" });
    await until(() => agent.children.size === 1);
    wire.break();
    await failed;
    await until(() => agent.children.size === 0);
    await expect(remote.logs(pod, {}, never)).rejects.toMatchObject({ reason: "Unavailable" });
  });

  test("the certificate of the moment is used at every dial", async () => {
    const connection = await connect();
    await connected(connection);
    const before = server.registry.agentOf("n1");
    connection.redial();
    await until(() => server.registry.agentOf("n1") !== before && server.registry.agentOf("n1") !== undefined);
    await connected(connection);
  });
});

describe("a silent partition", () => {
  test("is noticed by both ends within 20 s, and what waited is told", async () => {
    const [near, far] = [new FakeClock(), new FakeClock()];
    await server.stop();
    server = new TestServer(certificates, { clock: far });
    await server.start();
    const connection = await connect({ clock: near });
    await connected(connection);
    expect(server.registry.agentOf("n1")).toBeDefined();
    wire.cut();
    const lease = connection.link.renewLease(40).catch((error: unknown) => error);
    await near.run(19_900);
    expect(connection.state).toMatchObject({ phase: "connecting", error: "the server has fallen silent" });
    await expect(lease).resolves.toMatchObject({ reason: "Unavailable" });
    await far.run(20_000);
    expect(server.registry.agentOf("n1")).toBeUndefined();

    wire.mend();
    await near.run(1000);
    await until(async () => {
      await near.run(500);
      return connection.state.phase === "connected";
    });
  });

  test("a quiet connection is none, and a clock that jumps is none either", async () => {
    const near = new FakeClock();
    const connection = await connect({ clock: near });
    await connected(connection);
    const states: string[] = [];
    connection.onState(({ phase }) => states.push(phase));
    for (let second = 0; second < 60; second += 5) {
      near.jump(second % 10 === 0 ? 3_600_000 : -7_200_000);
      const beats = wire.downloaded;
      near.advance(5000);
      await until(() => wire.downloaded > beats);
    }
    expect(states).toEqual([]);
    await connection.link.renewLease(40);
  });
});

describe("slow readers", () => {
  test("an agent that does not read costs no queue: it gets the latest of each object", async () => {
    putPod("web");
    await server.sees("web");
    const connection = await connect();
    const sink = new RecordingSink();
    connection.link.subscribe(sink, ["services", "pods"]);
    await until(() => sink.isSynced);
    wire.pause();
    const rounds = 50;
    for (let round = 1; round <= rounds; round++) {
      for (let index = 0; index < 20; index++) putService(`s${index}`, `${round} ${"x".repeat(20_000)}`);
      await new Promise((resolve) => setImmediate(resolve));
    }
    const before = wire.downloaded;
    wire.resume();
    const textOf = (name: string) =>
      (sink.known.get(`services default/${name}`) as Service | undefined)?.metadata.annotations?.text;
    await until(() =>
      Array.from({ length: 20 }, (_, index) => textOf(`s${index}`)).every((text) => text?.startsWith(`${rounds} `)),
    );
    // 20 MB happened.
    expect(wire.downloaded - before).toBeLessThan(4_000_000);
    expect(sink.calls.length).toBeLessThan(300);
  });

  test("a command whose output nobody takes is held back, and holds back nobody else", async () => {
    const agent = new ProcessAgent();
    const connection = await connect();
    connection.serve(agent);
    await connected(connection);
    const remote = server.registry.agentOf("n1") as AgentLink;
    const abort = new AbortController();
    let taken = 0;
    const stuck = new Writable({
      write(chunk: Buffer) {
        taken += chunk.length;
      },
    });
    const endless = remote.exec(pod, { tty: false, command: ["yes"] }, { stdout: stuck, signal: abort.signal });
    await until(() => taken > 0);
    let before = -1;
    await until(() => {
      const same = wire.uploaded === before;
      before = wire.uploaded;
      return same;
    });
    // Windows and buffers are full, and that is all.
    expect(wire.uploaded).toBeLessThan(8_000_000);
    await connection.link.renewLease(40);
    let other = "";
    const stdout = new Writable({
      write(chunk: Buffer, _encoding, done) {
        other += chunk.toString();
        done();
      },
    });
    const options = { tty: false, command: ["echo", "through"] };
    expect(await remote.exec(pod, options, { stdout, signal: never })).toEqual({ exitCode: 0 });
    expect(other).toBe("through\n");
    abort.abort();
    await endless;
    await until(() => agent.children.size === 0);
  });

  test("input for a command that does not read waits at the client, and its end comes through", async () => {
    const agent = new ProcessAgent();
    const connection = await connect();
    connection.serve(agent);
    await connected(connection);
    const remote = server.registry.agentOf("n1") as AgentLink;
    const abort = new AbortController();
    let given = 0;
    const stdin = new Readable({
      read() {
        given += 65_536;
        this.push(Buffer.alloc(65_536));
      },
    });
    const running = remote.exec(pod, { tty: false, command: ["sleep", "100"] }, { stdin, signal: abort.signal });
    let before = -1;
    await until(() => {
      const same = given === before;
      before = given;
      return same && given > 0;
    });
    expect(given).toBeLessThan(16_000_000);
    abort.abort();
    await running;
    await until(() => agent.children.size === 0);
  });
});

describe("an agent that is restarted while the server is away", () => {
  const kinds = ["pods", "configmaps", "services"] as const;
  let folder: { path: string; remove(): Promise<void> };
  beforeEach(async () => {
    folder = await temporaryFolder();
    ends.push(() => folder.remove());
  });

  async function told(): Promise<RecordingSink> {
    const connection = await connectAgent(certificates, { url, stateDir: folder.path });
    const sink = new RecordingSink();
    connection.link.subscribe(sink, kinds);
    await until(() => sink.isSynced, 15_000);
    ends.push(() => connection.close());
    return sink;
  }

  test("goes on with what it was told last, and hears the difference later", async () => {
    server.cluster.put<ConfigMap>(resources.configMaps, {
      metadata: { name: "settings", namespace: "default" },
      data: { a: "1" },
    });
    server.cluster.put<Pod>(resources.pods, {
      metadata: { name: "web", namespace: "default" },
      spec: {
        nodeName: "n1",
        containers: [{ name: "app", image: "x", envFrom: [{ configMapRef: { name: "settings" } }] }],
      },
    });
    putService("web");
    await server.sees("web");
    const before = await connectAgent(certificates, { url, stateDir: folder.path });
    const first = new RecordingSink();
    before.link.subscribe(first, kinds);
    await until(() => first.isSynced);
    putPod("late");
    await until(() => first.known.size === 4);
    await before.close();
    await server.stop();

    const sink = await told();
    expect(sink.calls).toEqual([
      "reset",
      "set services default/web",
      "set configmaps default/settings",
      "set pods default/web",
      "set pods default/late",
      "synced",
    ]);
    expect([...sink.known].sort()).toEqual([...first.known].sort());
    server.cluster.remove(resources.pods, "late", "default");
    await server.start();
    await until(() => !sink.known.has("pods default/late"));
    expect(sink.calls.slice(6)).toEqual(["remove pods default/late"]);
  }, 30_000);

  test("with the server there, it is told nothing that is out of date", async () => {
    putPod("web");
    putPod("stale");
    await server.sees("stale");
    const before = await connectAgent(certificates, { url, stateDir: folder.path });
    const first = new RecordingSink();
    before.link.subscribe(first, kinds);
    await until(() => first.isSynced);
    await before.close();
    server.cluster.remove(resources.pods, "stale", "default");
    const gone = new RecordingSink();
    const end = server.links.connect("n1").subscribe(gone, ["pods"]);
    await until(() => gone.isSynced && gone.known.size === 1);
    end();
    const sink = await told();
    expect(sink.calls).toEqual(["reset", "set pods default/web", "synced"]);
  });

  test("one that was never told anything waits for the server", async () => {
    await server.stop();
    const connection = await connect({ stateDir: folder.path });
    const sink = new RecordingSink();
    connection.link.subscribe(sink, kinds);
    await until(() => connection.state.phase === "connecting" && connection.state.error !== undefined);
    expect(sink.calls).toEqual([]);
    await server.start();
    await until(() => sink.isSynced, 15_000);
  }, 30_000);
});

test("fifty agents that come back at once are all served, and others are not held up", async () => {
  for (let index = 0; index < 500; index++) putService(`s${index}`, "x".repeat(1000));
  putPod("web");
  await server.sees("web");
  const agents = await Promise.all(
    Array.from({ length: 50 }, async (_, index) => {
      const connection = await connect({ nodeName: `n${index}` });
      const sink = new RecordingSink();
      connection.link.subscribe(sink, ["services"]);
      return { connection, sink };
    }),
  );
  await until(() => agents.every(({ sink }) => sink.isSynced && sink.known.size === 500), 20_000);
  wire.break();
  await until(() => agents.every(({ connection }) => connection.state.phase !== "connected"));
  putService("news");
  await until(() => agents.every(({ sink }) => sink.known.has("services default/news")), 20_000);
  expect(agents.every(({ sink }) => sink.calls.length === 503)).toBe(true);
}, 60_000);
