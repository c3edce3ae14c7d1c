import { connect } from "node:tls";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { configMap, type Fixture, startApi } from "./fixture.ts";

let api: Fixture;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

test("a watcher that does not read is cut off, and nobody else notices", async () => {
  const { authority, admin } = api.certificates;
  const path = "/api/v1/namespaces/default/configmaps";
  const socket = connect({
    host: "127.0.0.1",
    port: api.port,
    ca: authority.cert,
    ...admin,
    ALPNProtocols: ["http/1.1"],
  });
  socket.on("error", () => undefined);
  await new Promise((resolve) => socket.once("secureConnect", resolve));
  socket.write(`GET ${path}?watch=1&resourceVersion=${api.store.revision} HTTP/1.1\r\nHost: x\r\n\r\n`);
  await new Promise((resolve) => socket.once("readable", resolve));

  const signal = new AbortController();
  let seen = 0;
  const reading = (async () => {
    const client = api.client.resource({ group: "", version: "v1", resource: "configmaps" }, "default");
    for await (const _ of client.watch({ resourceVersion: String(api.store.revision), signal: signal.signal })) seen++;
  })();
  const data = { filler: "x".repeat(900_000) };
  for (let i = 0; i < 40; i++) expect((await api.post(path, configMap(`big-${i}`, data))).code).toBe(201);
  await vi.waitFor(() => expect(seen).toBe(40));
  // Only now it reads: what was buffered for it is far less than what there was, and then the connection is gone.
  let received = 0;
  socket.on("data", (chunk: Buffer) => {
    received += chunk.length;
  });
  await vi.waitFor(() => expect(socket.closed).toBe(true), { timeout: 10_000 });
  expect(received).toBeLessThan(30_000_000);
  signal.abort();
  await reading;
  expect((await api.get("/readyz")).code).toBe(200);
});
