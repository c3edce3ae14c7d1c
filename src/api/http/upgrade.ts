/** HTTP/1.1 upgrades: the same questions as for any request, then the socket goes to a connect handler. */
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import { StatusError } from "../../machinery/status/error.ts";
import { internalError, noSuchResource } from "../../machinery/status/errors.ts";
import type { Registry } from "../registry/registry.ts";
import { auditIdOf } from "./audit-id.ts";
import type { ConnectDispatch } from "./connect-dispatch.ts";
import type { Exchange } from "./exchange.ts";
import { callOf, type RequestHandler } from "./handler.ts";
import { parseResourcePath, type ResourceRequest } from "./request-info.ts";

export interface UpgradeOptions {
  readonly handler: RequestHandler;
  readonly registry: Registry;
  readonly connect: ConnectDispatch;
}

export async function handleUpgrade(
  { handler, registry, connect }: UpgradeOptions,
  message: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): Promise<void> {
  socket.on("error", () => undefined);
  const before = (socket as TLSSocket).bytesWritten;
  let exchange: Exchange | undefined;
  try {
    const url = new URL(message.url ?? "/", "https://localhost");
    const request = parseResourcePath(url.pathname);
    if (request === undefined) throw noSuchResource();
    const { group, version, resource: plural, subresource, namespace, name } = request;
    const verb = message.method === "POST" ? "create" : "get";
    const wanted = {
      verb,
      path: url.pathname,
      group,
      version,
      resource: plural,
      subresource,
      namespace,
      name,
    };
    exchange = upgradeExchange(message);
    const user = await handler.authenticate(exchange, wanted);
    const attributes = { ...wanted, user };
    await handler.authorize(attributes, exchange);
    if (verb === "get" && createsByGet(message, request)) await handler.authorize({ ...attributes, verb: "create" });
    const resource = registry.find(request.apiVersion, plural);
    const call = resource && callOf(resource, request, user);
    if (call === undefined || !connect.has(call.resource, subresource)) throw noSuchResource();
    exchange.observer?.runsLong();
    exchange.observer?.opened(101, {});
    socket.once("close", () => exchange?.observer?.complete());
    await connect.upgrade(call, request.rest, url.searchParams, { message, socket, head });
  } catch (error) {
    // Once something was written, the conversation's own protocol has to tell.
    const untouched = socket.writable && (socket as TLSSocket).bytesWritten === before;
    if (untouched) refuse(socket, error, exchange);
    else socket.destroy();
  }
}

const conversations: ReadonlySet<string> = new Set(["exec", "attach", "portforward"]);

/**
 * A WebSocket can only be opened by GET. So that the right to read is not the right to run a command, it takes "create"
 * as well (kube-apiserver's AuthorizePodWebsocketUpgradeCreatePermission).
 */
function createsByGet({ headers }: IncomingMessage, { group, resource, subresource }: ResourceRequest): boolean {
  return (
    group === "" &&
    resource === "pods" &&
    conversations.has(subresource) &&
    headers.upgrade?.toLowerCase() === "websocket"
  );
}

/** All of an exchange that authentication and the audit log look at. */
function upgradeExchange({ url = "/", method = "GET", headers, socket }: IncomingMessage): Exchange {
  return {
    url,
    method,
    headers,
    auditId: auditIdOf(headers),
    connection: socket as TLSSocket,
    observer: undefined,
  } as Partial<Exchange> as Exchange;
}

function refuse(socket: Duplex, error: unknown, exchange: Exchange | undefined): void {
  const known = error instanceof StatusError ? error : internalError(error instanceof Error ? error.message : "");
  const body = JSON.stringify(known.status);
  exchange?.observer?.answered(known.code, { "audit-id": exchange.auditId }, body);
  exchange?.observer?.complete();
  const headers = [
    ...(exchange === undefined ? [] : [`Audit-Id: ${exchange.auditId}`]),
    "Content-Type: application/json",
    `Content-Length: ${Buffer.byteLength(body)}`,
    "Connection: close",
  ];
  socket.write(`HTTP/1.1 ${known.code} ${known.reason}\r\n${headers.join("\r\n")}\r\n\r\n`, "latin1");
  socket.end(body);
}
