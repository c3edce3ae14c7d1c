import { connect as connectHttp2 } from "node:http2";
import { connect } from "node:tls";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { configMap, type Fixture, startApi } from "./fixture.ts";
import { malformedRequests } from "./malformed-requests.ts";

let api: Fixture;
beforeAll(async () => {
  api = await startApi();
  await api.post("/api/v1/namespaces/default/configmaps", configMap("target"));
});
afterAll(() => api.close());

const pods = "/api/v1/namespaces/default/pods";
const healthy = async (): Promise<void> => {
  expect((await api.get("/readyz")).text).toBe("ok");
  expect((await api.get(pods)).code).toBe(200);
};

test("500 malformed requests: answered with what was wrong, never with a 5xx", async () => {
  const requests = malformedRequests(500);
  const bad: string[] = [];
  const codes = new Map<number, number>();
  for (let round = 0; round < 2; round++) {
    const waiting = [...requests];
    const worker = async (): Promise<void> => {
      for (let request = waiting.pop(); request !== undefined; request = waiting.pop()) {
        const { method, path, headers, body, about } = request;
        const { code, text } = await api.ask(method, path, {
          ...(headers ? { headers } : {}),
          ...(body === undefined ? {} : { body }),
        });
        codes.set(code, (codes.get(code) ?? 0) + 1);
        // A revision that is yet to come is a 504 in Kubernetes too.
        if (code >= 500 && !text.includes("Too large resource version")) bad.push(`${code} ${about}: ${text}`);
      }
    };
    await Promise.all(Array.from({ length: 8 }, worker));
    if (round === 0) await healthy();
  }
  expect(bad).toEqual([]);
  expect([...codes.keys()].sort()).toEqual(expect.arrayContaining([400, 404, 405, 406, 415, 422]));
  await healthy();
}, 60_000);

test("bodies beyond the limit are 413, however they come, and cost no memory", async () => {
  const announced = await api
    .ask("POST", pods, { headers: { "content-length": String(50 * 1024 * 1024) }, body: "" })
    .catch((error: NodeJS.ErrnoException) => ({ code: error.code }));
  expect([413, "ECONNRESET", "EPIPE"]).toContain(announced.code);
  const large = Buffer.alloc(50 * 1024 * 1024, 0x20);
  const before = process.memoryUsage().rss;
  for (let i = 0; i < 5; i++) {
    const outcome = await api
      .ask("POST", pods, { body: large })
      .catch((error: NodeJS.ErrnoException) => ({ code: error.code }));
    expect([413, "ECONNRESET", "EPIPE"]).toContain(outcome.code);
  }
  const bomb = gzipSync(large);
  const inflated = await api.ask("POST", pods, { body: bomb, headers: { "content-encoding": "gzip" } });
  expect(inflated.body).toMatchObject({
    code: 413,
    reason: "RequestEntityTooLarge",
    message: "Request entity too large: limit is 3145728",
  });
  expect(process.memoryUsage().rss - before).toBeLessThan(200 * 1024 * 1024);
  await healthy();
});

test("an answer of 413 reaches a client that sends on over HTTP/2", async () => {
  const { authority, admin } = api.certificates;
  const session = connectHttp2(`https://127.0.0.1:${api.port}`, { ca: authority.cert, ...admin });
  const stream = session.request({ ":method": "POST", ":path": pods, "content-type": "application/json" });
  stream.on("error", () => undefined);
  const chunk = Buffer.alloc(256 * 1024, 0x20);
  const write = (): void => {
    while (!stream.destroyed && stream.writable && stream.write(chunk));
  };
  stream.on("drain", write);
  write();
  const status = await new Promise((resolve) => {
    stream.on("response", (headers) => resolve(headers[":status"]));
    stream.on("close", () => resolve("closed"));
  });
  expect(status).toBe(413);
  stream.close();
  session.close();
  await healthy();
});

test("requests that are cut off write nothing", async () => {
  const { authority, admin } = api.certificates;
  const body = JSON.stringify(configMap("cut-off"));
  const path = "/api/v1/namespaces/default/configmaps";
  for (let i = 0; i < 20; i++) {
    const session = connectHttp2(`https://127.0.0.1:${api.port}`, { ca: authority.cert, ...admin });
    session.on("error", () => undefined);
    const stream = session.request({ ":method": "POST", ":path": path, "content-type": "application/json" });
    stream.on("error", () => undefined);
    // The whole object is there, but the request never ends: the connection does.
    await new Promise((resolve) => stream.write(body, resolve));
    if (i % 2) await new Promise((resolve) => session.ping(resolve));
    session.destroy();
  }
  const socket = connect({
    host: "127.0.0.1",
    port: api.port,
    ca: authority.cert,
    ...admin,
    ALPNProtocols: ["http/1.1"],
  });
  socket.on("error", () => undefined);
  await new Promise((resolve) => socket.once("secureConnect", resolve));
  socket.write(
    `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n${body}`,
  );
  await new Promise<void>((resolve) => socket.end(resolve));
  await healthy();
  expect((await api.get(`${path}/cut-off`)).code).toBe(404);
});

test("what is not HTTP is refused, and half-open connections hold up nobody", async () => {
  const { authority, admin } = api.certificates;
  const open = (): Promise<ReturnType<typeof connect>> =>
    new Promise((resolve, reject) => {
      const socket = connect({
        host: "127.0.0.1",
        port: api.port,
        ca: authority.cert,
        ...admin,
        ALPNProtocols: ["http/1.1"],
      });
      socket.once("error", reject);
      socket.once("secureConnect", () => resolve(socket));
    });
  for (const text of [
    "\0\0\0\0",
    "GET\r\n\r\n",
    "GET / HTTP/9.9\r\n\r\n",
    `GET / HTTP/1.1\r\nX: ${"y".repeat(100_000)}\r\n\r\n`,
    "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
  ]) {
    const socket = await open();
    socket.on("error", () => undefined);
    let answer = "";
    socket.on("data", (chunk: Buffer) => {
      answer += chunk.toString("latin1");
    });
    socket.write(text);
    await vi.waitFor(() => expect(socket.closed || socket.readableEnded || answer !== "").toBe(true));
    expect(answer).not.toMatch(/^HTTP\/1\.1 5/);
    socket.destroy();
  }
  const halfOpen = await Promise.all(Array.from({ length: 50 }, open));
  for (const socket of halfOpen) {
    socket.on("error", () => undefined);
    socket.write("GET /api/v1/pods HTTP/1.1\r\nHost: x\r\n");
  }
  await healthy();
  for (const socket of halfOpen) socket.destroy();
});
