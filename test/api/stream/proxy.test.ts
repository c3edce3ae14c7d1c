/** pods/proxy and services/proxy: https://kubernetes.io/docs/tasks/access-application-cluster/access-cluster-services/ */
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import WebSocket, { WebSocketServer } from "ws";
import { splitSchemeNamePort } from "../../../src/api/stream/proxy/scheme-name-port.ts";
import { type StreamFixture, startStreams } from "./stream-fixture.ts";

let server: StreamFixture;
let app: Server;
let secure: Server;
let port: number;
let securePort: number;
const asked: { method: string; url: string; headers: IncomingHttpHeaders; body: string }[] = [];

const page = '<a href="/next">n</a><img src="http://other/x.png"><a href="rel">r</a><form action=\'/send\'></form>';

beforeAll(async () => {
  server = await startStreams();
  app = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    asked.push({ method: request.method ?? "", url: request.url ?? "", headers: request.headers, body });
    if (request.url === "/page") response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end(page);
    else if (request.url === "/zipped") {
      response.writeHead(200, { "content-type": "text/html", "content-encoding": "gzip" }).end(gzipSync(page));
    } else if (request.url === "/moved") response.writeHead(302, { location: "/there?x=1" }).end();
    else
      response
        .writeHead(request.url === "/teapot" ? 418 : 200, { "x-app": "yes" })
        .end(`${request.method} ${request.url} ${body}`);
  });
  const { server: tls } = await import("../certificates.ts").then(async ({ testCertificates }) => ({
    server: createTlsServer((await testCertificates()).serving, (_, response) => response.end("secret")),
  }));
  secure = tls as unknown as Server;
  for (const each of [app, secure]) await new Promise<void>((resolve) => each.listen(0, "127.0.0.1", resolve));
  port = (app.address() as AddressInfo).port;
  securePort = (secure.address() as AddressInfo).port;
  const webSockets = new WebSocketServer({ server: app });
  webSockets.on("connection", (socket) => socket.on("message", (data) => socket.send(`echo ${data}`)));

  const pods = server.client.resource({ group: "", version: "v1", resource: "pods" }, "default");
  for (const name of ["web", "two", "lost"]) {
    const pod = await pods.get(name);
    await pods.updateStatus({
      ...pod,
      status: { phase: "Running", podIP: "10.1.2.3", podIPs: [{ ip: "10.1.2.3" }] },
    } as never);
  }
  const ports = [
    { name: "http", port: 80, targetPort: port },
    { name: "tls", port: 443, targetPort: securePort },
  ];
  await server.post("/api/v1/namespaces/default/services", { metadata: { name: "web" }, spec: { ports } });
  await server.post("/api/v1/namespaces/default/services", {
    metadata: { name: "idle" },
    spec: { ports: [{ port: 80 }] },
  });
  const plain = { metadata: { name: "plain" }, spec: { ports: [{ port: 80, targetPort: port }] } };
  await server.post("/api/v1/namespaces/default/services", plain);
  const endpoint = (name: string, ready: boolean) => ({
    addresses: ["10.1.2.3"],
    conditions: { ready },
    targetRef: { kind: "Pod", name, namespace: "default" },
  });
  const slice = {
    metadata: { name: "web-1", labels: { "kubernetes.io/service-name": "web" } },
    addressType: "IPv4",
    ports: [
      { name: "http", port },
      { name: "tls", port: securePort },
    ],
    endpoints: [endpoint("web", true), endpoint("lost", false)],
  };
  await server.post("/apis/discovery.k8s.io/v1/namespaces/default/endpointslices", {
    ...slice,
    metadata: { name: "plain-1", labels: { "kubernetes.io/service-name": "plain" } },
    ports: [{ name: "", port }],
  });
  expect((await server.post("/apis/discovery.k8s.io/v1/namespaces/default/endpointslices", slice)).code).toBe(201);
});
afterAll(async () => {
  await server.close();
  app.closeAllConnections();
  app.close();
  secure.close();
});

const base = "/api/v1/namespaces/default";

describe("requests", () => {
  test.each([
    ["a pod's port", () => `${base}/pods/web:${port}/proxy/a/b?c=d&watch=1`, "GET /a/b?c=d&watch=1 "],
    ["a service's port by name", () => `${base}/services/web:http/proxy/a`, "GET /a "],
    ["a service's port by number", () => `${base}/services/web:80/proxy/`, "GET / "],
    ["a port without a name", () => `${base}/services/plain:80/proxy/a`, "GET /a "],
    ["the only port, without a name", () => `${base}/services/plain/proxy/a`, "GET /a "],
    ["a scheme", () => `${base}/services/http:web:80/proxy/x%2Fy/`, "GET /x%2Fy/ "],
    ["TLS in the pod", () => `${base}/services/https:web:tls/proxy/`, "secret"],
    ["TLS by the pod's port", () => `${base}/pods/https:web:${securePort}/proxy/`, "secret"],
  ])("reach %s", async (_, path, text) => {
    const answer = await server.get(path());
    expect([answer.code, answer.text]).toEqual([200, text]);
  });

  test.each(["POST", "PUT", "PATCH", "DELETE"])(
    "%s with its body, and the answer's code and headers",
    async (method) => {
      const answer = await server.ask(method, `${base}/pods/web:${port}/proxy/teapot`, { body: "some body" });
      expect([answer.code, answer.headers["x-app"], answer.text]).toEqual([418, "yes", `${method} /teapot some body`]);
    },
  );

  test("do not tell the app who the client is to the API server", async () => {
    const headers = { authorization: "Bearer secret", "x-own": "1", connection: "close" };
    await server.ask("GET", `${base}/pods/web:${port}/proxy/who`, { headers });
    const seen = asked.find(({ url }) => url === "/who")?.headers;
    expect(seen?.authorization).toBeUndefined();
    expect(seen).toMatchObject({ "x-own": "1", "x-forwarded-uri": `${base}/pods/web:${port}/proxy/who` });
  });

  test("without a path are led to the first page", async () => {
    const answer = await server.get(`${base}/services/web:http/proxy?a=b`);
    expect([answer.code, answer.headers.location]).toEqual([301, `${base}/services/web:http/proxy/?a=b`]);
  });
});

describe("answers", () => {
  const proxy = `${base}/services/web:http/proxy`;
  test.each(["page", "zipped"])("links of a %s lead through the proxy", async (name) => {
    const { text } = await server.get(`${proxy}/${name}`);
    expect(text).toBe(
      `<a href="${proxy}/next">n</a><img src="http://other/x.png"><a href="rel">r</a><form action='${proxy}/send'></form>`,
    );
  });

  test("so do redirects", async () => {
    const answer = await server.get(`${proxy}/moved`);
    expect([answer.code, answer.headers.location]).toEqual([302, `${proxy}/there?x=1`]);
  });

  test("WebSockets pass", async () => {
    const { certificates } = server;
    const url = `wss://127.0.0.1:${server.port}${proxy}/socket`;
    const socket = new WebSocket(url, { ...certificates.admin, ca: certificates.authority.cert });
    const said = await new Promise<string>((resolve, reject) => {
      socket.once("error", reject);
      socket.once("open", () => socket.send("hello"));
      socket.once("message", (data) => resolve(String(data)));
    });
    socket.terminate();
    expect(said).toBe("echo hello");
  });
});

test.each([
  ["services/idle", 503, 'no endpoints available for service "idle"'],
  ["services/none", 404, 'services "none" not found'],
  ["services/a:b:c:d", 400, 'invalid service request "a:b:c:d"'],
  ["pods/nobody", 404, 'pods "nobody" not found'],
  ["pods/pending", 400, "address not allowed"],
  ["pods/lost:80", 503, 'the agent of node "gone" is not connected'],
  ["pods/web:1", 503, "error trying to reach service: failed to connect to localhost:1: connection refused"],
])("%s/proxy/ is refused", async (path, code, message) => {
  const answer = await server.get(`${base}/${path}/proxy/`);
  expect([answer.code, answer.body.message]).toEqual([code, message]);
});

test.each([
  ["web", "http web "],
  ["web:80", "http web 80"],
  ["https:web:", "https web "],
  ["http:web:http", "http web http"],
  ["ftp:web:1", undefined],
  [":80", undefined],
])("%s names a target", (id, expected) => {
  const found = splitSchemeNamePort(id);
  expect(found && `${found.scheme} ${found.name} ${found.port}`).toBe(expected);
});

describe("nodes/proxy", () => {
  beforeAll(async () => {
    const addresses = [{ type: "InternalIP", address: "127.0.0.1" }];
    await server.post("/api/v1/nodes", { metadata: { name: "n1" }, status: { addresses } });
  });

  test("answers what clients ask a kubelet for", async () => {
    expect((await server.get("/api/v1/nodes/n1/proxy/healthz")).text).toBe("ok");
    const { body } = await server.get("/api/v1/nodes/n1/proxy/pods");
    const names = body.items.map(({ metadata }: { metadata: { name: string } }) => metadata.name);
    expect(names).toEqual(["two", "web"]);
  });

  test.each([
    ["n1/proxy/nothing", 404],
    ["none/proxy/healthz", 404],
    // Through the API server nobody reaches its own loopback addresses.
    ["n1:80/proxy/", 400],
    ["n1:x/proxy/", 400],
  ])("%s: %i", async (path, code) => {
    expect((await server.get(`/api/v1/nodes/${path}`)).code).toBe(code);
  });
});
