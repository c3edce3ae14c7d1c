/** As much of an API server as kubectl needs to reach the streams of one pod, over plain HTTP. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import type { Client } from "../../../src/api/client/types.ts";
import type { ConnectRequest } from "../../../src/api/http/connect.ts";
import type { Exchange } from "../../../src/api/http/exchange.ts";
import { createStreamHandlers } from "../../../src/api/stream/handlers.ts";
import { systemClock } from "../../../src/machinery/clock.ts";
import { silentLogger } from "../../../src/machinery/logger.ts";
import { failure, StatusError } from "../../../src/machinery/status/error.ts";
import type { Pod } from "../../../src/machinery/types/core/v1.ts";
import { ProcessAgent } from "./process-agent.ts";

export const pod: Pod = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "web", namespace: "default", uid: "u1" },
  spec: {
    nodeName: "n1",
    containers: [{ name: "app", image: "x", stdin: true }],
    initContainers: [{ name: "setup", image: "x" }],
    ephemeralContainers: [{ name: "stopped", image: "x" }],
  },
  status: { phase: "Running", conditions: [{ type: "Ready", status: "True" }] },
};
const twoContainers: Pod = {
  ...pod,
  metadata: { name: "two", namespace: "default", uid: "u2" },
  spec: { ...pod.spec, containers: [{ name: "a" }, { name: "b" }] },
};
const lost: Pod = {
  ...pod,
  metadata: { name: "lost", namespace: "default", uid: "u3" },
  spec: { ...pod.spec, containers: [{ name: "app" }], nodeName: "gone" },
};
const pending: Pod = {
  ...pod,
  metadata: { name: "pending", namespace: "default", uid: "u4" },
  spec: { containers: [{ name: "app" }] },
};

const documents: Readonly<Record<string, object>> = {
  "/api": { kind: "APIVersions", versions: ["v1"] },
  "/apis": { kind: "APIGroupList", apiVersion: "v1", groups: [] },
  "/api/v1": {
    kind: "APIResourceList",
    groupVersion: "v1",
    resources: [{ name: "pods", singularName: "pod", namespaced: true, kind: "Pod", verbs: ["get", "list"] }],
  },
  ...Object.fromEntries(
    [pod, twoContainers, lost, pending].map((each) => [`/api/v1/namespaces/default/pods/${each.metadata.name}`, each]),
  ),
};

export interface PodServer {
  readonly port: number;
  readonly agent: ProcessAgent;
  readonly open: ReadonlySet<Socket>;
  close(): Promise<void>;
}

export async function startPodServer(): Promise<PodServer> {
  const agent = new ProcessAgent();
  const agentOf = (nodeName: string) => (nodeName === "n1" ? agent : undefined);
  const handlers = createStreamHandlers({ agentOf, clock: systemClock, log: silentLogger });
  const closing = new AbortController();
  const server = createServer(async (message, response) => {
    const found = requestOf(message, closing.signal);
    const path = (message.url ?? "").split("?")[0] ?? "";
    if (!found) return answer(response, documents[path] ? 200 : 404, documents[path] ?? notFound(path).status);
    try {
      const handle = handlers[`pods/${found.request.subresource}`]?.request;
      if (!handle) throw failure(400, "BadRequest", "Upgrade request required");
      const exchange = exchangeOf(message, response);
      exchange.onClose(found.abort);
      await handle(found.request, exchange);
    } catch (error) {
      answer(response, (error as StatusError).code, (error as StatusError).status);
    }
  });
  server.on("upgrade", async (message: IncomingMessage, socket: Socket, head: Buffer) => {
    socket.on("error", () => undefined);
    const found = requestOf(message, closing.signal);
    try {
      if (!found) throw notFound(message.url ?? "");
      await handlers[`pods/${found.request.subresource}`]?.upgrade?.(found.request, { message, socket, head });
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      const body = JSON.stringify(error.status);
      const lines = [
        `HTTP/1.1 ${error.code} no`,
        "Content-Type: application/json",
        `Content-Length: ${Buffer.byteLength(body)}`,
      ];
      socket.end(`${lines.join("\r\n")}\r\nConnection: close\r\n\r\n${body}`);
    }
  });
  const open = new Set<Socket>();
  server.on("connection", (socket) => {
    open.add(socket);
    socket.once("close", () => open.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    agent,
    open,
    async close() {
      closing.abort();
      for (const child of agent.children) child.kill("SIGKILL");
      server.closeAllConnections();
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function requestOf(message: IncomingMessage, closing: AbortSignal) {
  const url = new URL(message.url ?? "/", "http://x");
  const [, name, subresource] = /^\/api\/v1\/namespaces\/default\/pods\/([^/]+)\/(\w+)$/.exec(url.pathname) ?? [];
  if (!name || !subresource) return undefined;
  const abort = new AbortController();
  const user = { name: "ann", groups: [] };
  const client = {
    as: () => client,
    resource: () => ({
      get: async (wanted: string) => {
        const path = `/api/v1/namespaces/default/pods/${wanted}`;
        const found = documents[path];
        if (!found) throw notFound(path);
        return found;
      },
    }),
  } as unknown as Client;
  const signal = AbortSignal.any([abort.signal, closing]);
  const request: ConnectRequest = {
    ...{ user, namespace: "default", name, subresource, rest: "", query: url.searchParams, signal, client },
  };
  return { request, abort: () => abort.abort() };
}

function exchangeOf(message: IncomingMessage, response: ServerResponse): Exchange {
  return {
    method: message.method ?? "GET",
    url: message.url ?? "/",
    headers: message.headers,
    body: message,
    connection: message.socket as TLSSocket,
    get answered() {
      return response.headersSent;
    },
    get gone() {
      return response.destroyed;
    },
    respond: (code, headers, body) => void response.writeHead(code, headers).end(body),
    open(code, headers) {
      response.writeHead(code, headers).flushHeaders();
      return response;
    },
    onClose: (callback) => void response.once("close", callback),
    abort: () => void response.destroy(),
  };
}

function answer(response: ServerResponse, code: number, body: object): void {
  response.writeHead(code, { "content-type": "application/json" }).end(JSON.stringify(body));
}

function notFound(path: string): StatusError {
  return failure(404, "NotFound", `${path} not found`);
}
