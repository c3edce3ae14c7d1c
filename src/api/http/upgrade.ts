/** HTTP/1.1 upgrades: the same questions as for any request, then the socket goes to a connect handler. */
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import { StatusError } from "../../machinery/status/error.ts";
import { internalError, noSuchResource } from "../../machinery/status/errors.ts";
import type { Registry } from "../registry/registry.ts";
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
  try {
    const url = new URL(message.url ?? "/", "https://localhost");
    const request = parseResourcePath(url.pathname);
    if (request === undefined) throw noSuchResource();
    const user = await handler.authenticate({
      headers: message.headers,
      connection: message.socket as TLSSocket,
    } as Exchange);
    const { group, version, resource: plural, subresource, namespace, name } = request;
    const verb = message.method === "POST" ? "create" : "get";
    const attributes = {
      user,
      verb,
      path: url.pathname,
      group,
      version,
      resource: plural,
      subresource,
      namespace,
      name,
    };
    await handler.authorize(attributes);
    if (verb === "get" && createsByGet(message, request)) await handler.authorize({ ...attributes, verb: "create" });
    const resource = registry.find(request.apiVersion, plural);
    const call = resource && callOf(resource, request, user);
    if (call === undefined || !connect.has(call.resource, subresource)) throw noSuchResource();
    await connect.upgrade(call, request.rest, url.searchParams, { message, socket, head });
  } catch (error) {
    // Once something was written, the conversation's own protocol has to tell.
    const untouched = socket.writable && (socket as TLSSocket).bytesWritten === before;
    if (untouched) refuse(socket, error);
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

function refuse(socket: Duplex, error: unknown): void {
  const known = error instanceof StatusError ? error : internalError(error instanceof Error ? error.message : "");
  const body = JSON.stringify(known.status);
  socket.end(
    `HTTP/1.1 ${known.code} ${known.reason}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
