/** The node contract is one, whether its two ends are in one process or on two hosts: the same tests hold both. */
import { createServer, type Server } from "node:net";
import { PassThrough, Readable, Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type AgentLink, type ExecStreams, LinkError, type NodeStats, type ServerLink } from "../../../proto/agent.ts";
import type { ServerConnection } from "../../../src/agent/link/types.ts";
import * as resources from "../../../src/link/resources.ts";
import { failure, StatusError } from "../../../src/machinery/status/error.ts";
import type { Lease } from "../../../src/machinery/types/coordination/v1.ts";
import type { ConfigMap, Event, Node, Pod } from "../../../src/machinery/types/core/v1.ts";
import { ProcessAgent } from "../../api/stream/process-agent.ts";
import { RecordingSink } from "../recording-sink.ts";
import { connectAgent, TestServer, testCertificates, until } from "./link-fixture.ts";

interface Ends {
  readonly server: TestServer;
  readonly link: ServerLink;
  readonly agent: ProcessAgent;
  /** As the API server reaches it. */
  readonly remote: AgentLink;
  close(): Promise<void>;
}

async function direct(): Promise<Ends> {
  const server = new TestServer(await testCertificates());
  const agent = new ProcessAgent();
  return { server, link: server.links.connect("n1"), agent, remote: agent, close: () => server.informers.stop() };
}

async function overGrpc(): Promise<Ends> {
  const certificates = await testCertificates();
  const server = await new TestServer(certificates).start();
  const connection: ServerConnection = await connectAgent(certificates, { url: server.url });
  const agent = new ProcessAgent();
  connection.serve(agent);
  await until(() => server.registry.agentOf("n1") !== undefined);
  const remote = server.registry.agentOf("n1") as AgentLink;
  return {
    server,
    link: connection.link,
    agent,
    remote,
    async close() {
      await connection.close();
      await server.end();
    },
  };
}

const pod = { namespace: "default", name: "web", uid: "u1" };
const never = new AbortController().signal;

describe.each([
  ["direct", direct],
  ["grpc", overGrpc],
] as const)("%s", (_, open) => {
  let ends: Ends;
  beforeEach(async () => {
    ends = await open();
  });
  afterEach(() => ends.close());

  const putPod = (name: string, extra: object = {}) =>
    ends.server.cluster.put<Pod>(resources.pods, {
      metadata: { name, namespace: "default" },
      spec: { nodeName: "n1", containers: [{ name: "app", image: "x", ...extra }] },
    });

  function streamsOf(input?: string): { streams: ExecStreams; out(): string; err(): string } {
    const chunks = { stdout: "", stderr: "" };
    const sink = (name: "stdout" | "stderr") =>
      new Writable({
        write(chunk: Buffer, _encoding, done) {
          chunks[name] += chunk.toString();
          done();
        },
      });
    const streams = {
      ...(input === undefined ? {} : { stdin: Readable.from([Buffer.from(input)]) }),
      stdout: sink("stdout"),
      stderr: sink("stderr"),
      signal: never,
    };
    return { streams, out: () => chunks.stdout, err: () => chunks.stderr };
  }

  describe("upwards", () => {
    const node: Node = { apiVersion: "v1", kind: "Node", metadata: { name: "n1", labels: { rack: "a" } } };

    test("a node registers, reports its status and renews its lease", async () => {
      const registered = await ends.link.register(node);
      expect(registered.metadata).toMatchObject({ name: "n1", labels: { rack: "a" } });
      expect(registered.metadata.uid).toBeTruthy();
      await ends.link.updateNodeStatus({ conditions: [{ type: "Ready", status: "True" }] });
      expect(ends.server.cluster.peek<Node>(resources.nodes, "n1")?.status?.conditions?.[0]).toMatchObject({
        type: "Ready",
      });
      await ends.link.renewLease(40);
      const lease = ends.server.cluster.peek<Lease>(resources.leases, "n1", "kube-node-lease");
      expect(lease?.spec).toMatchObject({ holderIdentity: "n1", leaseDurationSeconds: 40 });
    });

    test("statuses are answered one by one, in order", async () => {
      const { metadata } = putPod("web");
      await ends.server.sees("web");
      const known = { namespace: "default", name: "web", uid: metadata.uid ?? "" };
      await until(async () => true);
      const answers = await ends.link.reportPodStatuses([
        { pod: { ...known, uid: "another" }, status: { phase: "Running" } },
        { pod: known, status: { phase: "Running", podIP: "10.42.0.7" } },
        { pod: { ...known, name: "none" }, status: { phase: "Failed" } },
      ]);
      expect(answers).toEqual(["gone", "ok", "gone"]);
      expect(ends.server.cluster.peek<Pod>(resources.pods, "web", "default")?.status).toMatchObject({
        podIP: "10.42.0.7",
      });
      await ends.link.confirmPodStopped(known);
      expect(ends.server.cluster.peek(resources.pods, "web", "default")).toBeUndefined();
    });

    test("events arrive", async () => {
      const event: Event = {
        metadata: { name: "web.1", namespace: "default" },
        involvedObject: { kind: "Pod", name: "web", namespace: "default" },
        reason: "Started",
        message: "Grüße 世界",
      };
      await ends.link.recordEvents([event, { ...event, metadata: { ...event.metadata, name: "web.2" } }]);
      expect(ends.server.cluster.all<Event>(resources.events, "default").map(({ message }) => message)).toEqual([
        "Grüße 世界",
        "Grüße 世界",
      ]);
    });

    test("the API's errors are the caller's", async () => {
      ends.server.cluster.react(() => failure(403, "Forbidden", 'nodes "n1" is forbidden: no'));
      const error = await ends.link.register(node).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(StatusError);
      expect(error).toMatchObject({ code: 403, reason: "Forbidden", message: 'nodes "n1" is forbidden: no' });
    });
  });

  describe("desired state", () => {
    test("comes whole, then as changes", async () => {
      ends.server.cluster.put<ConfigMap>(resources.configMaps, {
        metadata: { name: "settings", namespace: "default" },
        data: { a: "1" },
      });
      putPod("web", { envFrom: [{ configMapRef: { name: "settings" } }] });
      await ends.server.sees("web");
      const sink = new RecordingSink();
      ends.link.subscribe(sink);
      await until(() => sink.isSynced);
      expect(sink.calls).toEqual(["reset", "set configmaps default/settings", "set pods default/web", "synced"]);
      expect(sink.known.get("pods default/web")).toMatchObject({ metadata: { name: "web" }, spec: { nodeName: "n1" } });
      ends.server.cluster.put<ConfigMap>(resources.configMaps, {
        metadata: { name: "settings", namespace: "default" },
        data: { a: "2" },
      });
      await until(() => (sink.known.get("configmaps default/settings") as ConfigMap).data?.a === "2");
      ends.server.cluster.remove(resources.pods, "web", "default");
      await until(() => sink.known.size === 0);
      expect(sink.calls.slice(4)).toEqual([
        "set configmaps default/settings",
        "remove pods default/web",
        "remove configmaps default/settings",
      ]);
    });

    test("several subscriptions run side by side, each with its kinds", async () => {
      ends.server.cluster.put(resources.services, { metadata: { name: "web", namespace: "default" } });
      putPod("web");
      await ends.server.sees("web");
      const [pods, services] = [new RecordingSink(), new RecordingSink()];
      ends.link.subscribe(pods, ["pods"]);
      await until(() => pods.isSynced);
      const end = ends.link.subscribe(services, ["services", "endpointslices"]);
      await until(() => services.isSynced);
      expect([...pods.known.keys()]).toEqual(["pods default/web"]);
      expect([...services.known.keys()]).toEqual(["services default/web"]);
      end();
      ends.server.cluster.remove(resources.services, "web", "default");
      putPod("late");
      await until(() => pods.known.size === 2);
      expect(services.known.size).toBe(1);
    });
  });

  describe("streams", () => {
    test("logs come whole, however long", async () => {
      const lines = Array.from({ length: 50_000 }, (_, index) => `line ${index}\n`);
      ends.agent.log = () => Readable.from(lines);
      const log = await ends.remote.logs(pod, { container: "app", tailLines: 5 }, never);
      expect(await text(log)).toBe(lines.join(""));
      expect(ends.agent.asked).toEqual(['logs {"container":"app","tailLines":5}']);
    });

    test("what cannot be streamed says why", async () => {
      const error = await ends.remote.logs(pod, { previous: true }, never).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(LinkError);
      expect(error).toMatchObject({ reason: "BadRequest", message: expect.stringContaining("previous terminated") });
      const { streams } = streamsOf();
      const options = { container: "stopped", tty: false, command: ["true"] };
      await expect(ends.remote.exec(pod, options, streams)).rejects.toMatchObject({ reason: "NotFound" });
    });

    test("a log that nobody reads any more ends at its source", async () => {
      const source = new PassThrough();
      ends.agent.log = () => source;
      const abort = new AbortController();
      const log = await ends.remote.logs(pod, { follow: true }, abort.signal);
      log.on("error", () => undefined);
      source.write("one\n");
      await until(() => log.readableLength > 0);
      abort.abort();
      await until(() => source.destroyed);
    });

    test("a command has input, both outputs and an exit code", async () => {
      const { err, out, streams } = streamsOf("hello");
      const command = ["sh", "-c", "cat; echo wrong >&2; exit 7"];
      expect(await ends.remote.exec(pod, { container: "app", tty: false, command }, streams)).toEqual({ exitCode: 7 });
      expect([out(), err()]).toEqual(["hello", "wrong\n"]);
      const zero = streamsOf();
      const truth = await ends.remote.exec(pod, { container: "app", tty: false, command: ["true"] }, zero.streams);
      expect(truth).toEqual({ exitCode: 0 });
    });

    test("a terminal's sizes arrive in order", async () => {
      async function* sizes() {
        yield { width: 80, height: 24 };
        yield { width: 132, height: 50 };
      }
      const { streams } = streamsOf();
      const command = ["sleep", "100"];
      const abort = new AbortController();
      const running = ends.remote.exec(
        pod,
        { tty: true, command },
        { ...streams, resize: sizes(), signal: abort.signal },
      );
      await until(() => ends.agent.sizes.length === 2);
      expect(ends.agent.sizes).toEqual(["80x24", "132x50"]);
      abort.abort();
      await running;
      await until(() => ends.agent.children.size === 0);
    });

    test("attach joins what runs", async () => {
      const { out, streams } = streamsOf("more");
      expect(await ends.remote.attach(pod, { container: "app", tty: false }, streams)).toEqual({ exitCode: 0 });
      expect(out()).toBe("attached\nmore");
    });

    test("megabytes go through a command and come back the same", async () => {
      const input = Readable.from(Array.from({ length: 128 }, (_, index) => Buffer.alloc(64 * 1024, index)));
      let size = 0;
      const stdout = new Writable({
        write(chunk: Buffer, _encoding, done) {
          size += chunk.length;
          setImmediate(done);
        },
      });
      const options = { tty: false, command: ["cat"] };
      await ends.remote.exec(pod, options, { stdin: input, stdout, signal: never });
      // The last of it may still wait for the reader when the command has ended.
      await until(() => size >= 8 * 1024 * 1024);
      expect(size).toBe(8 * 1024 * 1024);
    });

    test("what the node and its pods use comes as it was measured", async () => {
      const usage = { cpuNanoCores: 1_500_000, memoryUsageBytes: 2 ** 33, memoryWorkingSetBytes: 2 ** 32 };
      const containers = [{ name: "app", ...usage, cpuNanoseconds: 2 ** 52 }];
      const measured: NodeStats = {
        time: "2026-03-01T10:00:00.123Z",
        windowMilliseconds: 12_345,
        node: { ...usage, cpuNanoseconds: 7 },
        // More than fits into one of HTTP/2's windows.
        pods: Array.from({ length: 2000 }, (_, index) => ({ pod: { ...pod, name: `web-${index}` }, containers })),
      };
      ends.agent.stats = async () => measured;
      expect(await ends.remote.stats?.()).toEqual(measured);
      const all = Array.from({ length: 20 }, () => ends.remote.stats?.());
      expect((await Promise.all(all)).map((stats) => stats?.pods.length)).toEqual(Array(20).fill(2000));
    });

    test("what cannot be measured says why", async () => {
      ends.agent.stats = async () => {
        throw new LinkError("Unavailable", "the engine does not answer");
      };
      await expect(ends.remote.stats?.()).rejects.toMatchObject({
        name: "LinkError",
        reason: "Unavailable",
        message: "the engine does not answer",
      });
    });

    describe("port-forward", () => {
      let echo: Server;
      beforeEach(async () => {
        echo = createServer({ allowHalfOpen: true }, (socket) => {
          socket.on("error", () => undefined);
          socket.on("data", (chunk) => socket.write(`<${chunk}>`));
          socket.on("end", () => socket.end("bye"));
        });
        await new Promise<void>((resolve) => echo.listen(0, "127.0.0.1", resolve));
      });
      afterEach(() => void echo.close());
      const port = () => (echo.address() as { port: number }).port;

      test("each direction ends by itself", async () => {
        const connection = await ends.remote.portForward(pod, port(), never);
        connection.write("a");
        await until(() => connection.readableLength > 0);
        connection.end();
        expect(await text(connection)).toBe("<a>bye");
        await until(() => ends.agent.connections === 0);
      });

      test("a port where nobody listens", async () => {
        const closed = port();
        await new Promise<void>((resolve) => echo.close(() => resolve()));
        await expect(ends.remote.portForward(pod, closed, never)).rejects.toMatchObject({
          message: expect.stringContaining("connection refused"),
        });
      });

      test("ends in the pod when the client goes", async () => {
        const abort = new AbortController();
        const connection = await ends.remote.portForward(pod, port(), abort.signal);
        connection.on("error", () => undefined);
        await until(() => ends.agent.connections === 1);
        abort.abort();
        await until(() => ends.agent.connections === 0);
      });
    });
  });
});
