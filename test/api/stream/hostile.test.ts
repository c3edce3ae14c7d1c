/** Clients that mean no good, or break: nothing they send may end the server or leave anything behind. */
import { connect as connectTls, type TLSSocket } from "node:tls";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { WebSocket } from "ws";
import { controlFrame } from "../../../src/api/stream/spdy/frames.ts";
import { watchOver } from "../../../src/api/stream/websocket/upgrade.ts";
import { FakeClock } from "../../fake-clock.ts";
import { type StreamFixture, startStreams } from "./stream-fixture.ts";

let server: StreamFixture;
beforeAll(async () => {
  server = await startStreams();
});
afterAll(() => server.close());

/** Upgrades by hand, and resolves when the server has answered. */
async function upgrade(path: string, headers: Record<string, string>): Promise<{ socket: TLSSocket; answer: string }> {
  const { certificates, port } = server;
  const socket = connectTls({ host: "127.0.0.1", port, ...certificates.admin, ca: certificates.authority.cert });
  socket.on("error", () => undefined);
  const lines = [`GET /api/v1/namespaces/default/pods/${path} HTTP/1.1`, "Host: x", "Connection: Upgrade"];
  for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`);
  socket.write(`${lines.join("\r\n")}\r\n\r\n`);
  const answer = await new Promise<string>((resolve) =>
    socket.once("data", (data: Buffer) => resolve(data.toString())),
  );
  return { socket, answer };
}

const spdy = { Upgrade: "SPDY/3.1", "X-Stream-Protocol-Version": "v4.channel.k8s.io, portforward.k8s.io" };
const webSocket = (protocol: string) => ({
  Upgrade: "websocket",
  "Sec-WebSocket-Version": "13",
  "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
  "Sec-WebSocket-Protocol": protocol,
});
const conversations: [string, Record<string, string>][] = [
  ["web/exec?container=app&stdin=1&stdout=1&command=cat", spdy],
  ["web/portforward", spdy],
  ["web/portforward", webSocket("SPDY/3.1+portforward.k8s.io")],
  ["web/exec?container=app&stdin=1&stdout=1&command=cat", webSocket("v5.channel.k8s.io")],
  ["web/portforward?ports=1", webSocket("v4.channel.k8s.io")],
];

test("nonsense after the handshake ends the conversation and nothing else", async () => {
  const nonsense = fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
    fc
      .tuple(fc.integer({ min: 0, max: 12 }), fc.uint8Array({ maxLength: 60 }))
      .map(([type, body]) => controlFrame(type, 0, Buffer.from(body))),
  );
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...conversations), fc.array(nonsense, { maxLength: 5 }), async (talk, chunks) => {
      const { socket, answer } = await upgrade(...talk);
      expect(answer).toMatch(/^HTTP\/1\.1 101 /);
      for (const chunk of chunks) socket.write(chunk);
      socket.end();
      await new Promise((resolve) => socket.once("close", resolve));
    }),
    { numRuns: 40 },
  );
  await vi.waitFor(() => expect([server.agent.children.size, server.agent.connections]).toEqual([0, 0]), 5_000);
  expect((await server.get("/api/v1/namespaces/default/pods/web/log?container=app")).text).toBe("one\ntwo\n");
});

test.each([
  [
    "no key",
    { Upgrade: "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Protocol": "v5.channel.k8s.io" },
    400,
  ],
  ["an unknown protocol", { Upgrade: "h3" }, 400],
  ["SPDY without a protocol", { Upgrade: "SPDY/3.1" }, 400],
  ["SPDY with an unknown one", { Upgrade: "SPDY/3.1", "X-Stream-Protocol-Version": "v9" }, 403],
])("a handshake with %s is refused", async (_, headers, code) => {
  const { answer, socket } = await upgrade("web/exec?container=app&stdout=1&command=true", headers);
  expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${code} `));
  socket.destroy();
});

test("a client that does not answer pings is let go, but not while it is held back", () => {
  const clock = new FakeClock();
  let answer: () => void = () => undefined;
  const did: string[] = [];
  const socket = {
    isPaused: false,
    on: (_: string, listener: () => void) => {
      answer = listener;
    },
    ping: () => did.push("ping"),
    terminate: () => did.push("terminate"),
  };
  const stop = watchOver(socket as unknown as WebSocket, clock);
  clock.advance(30_000);
  answer();
  socket.isPaused = true;
  clock.advance(300_000);
  socket.isPaused = false;
  clock.advance(90_000);
  expect(did).toEqual(["ping", "ping", "ping", "terminate"]);
  stop();
  expect(clock.pending).toBe(0);
});
