/** The WebSocket handshake, and what keeps a connection alive. */
import type { WebSocket, WebSocketServer } from "ws";
import type { Clock } from "../../../machinery/clock.ts";
import { badRequest } from "../../../machinery/status/errors.ts";
import type { UpgradeRequest } from "../../http/connect.ts";
import { keepAlive } from "../keep-alive.ts";

/** Of one message, in bytes: clients send a chunk of stdin or of a connection at a time. */
const maxPayload = 32 << 20;

let server: Promise<WebSocketServer> | undefined;

/**
 * Answers with the first subprotocol of the client's that is among `supported`. A client that asks for none speaks "",
 * where that is supported. Throws a StatusError, nothing answered, where there is none.
 */
export async function acceptWebSocket<P extends string>(
  { message, socket, head }: UpgradeRequest,
  supported: readonly P[],
): Promise<{ webSocket: WebSocket; protocol: P }> {
  if ((message.headers.upgrade ?? "").toLowerCase() !== "websocket") {
    throw badRequest(`unable to upgrade: unsupported protocol ${JSON.stringify(message.headers.upgrade ?? "")}`);
  }
  const offered = (message.headers["sec-websocket-protocol"] ?? "").split(",").map((name) => name.trim());
  const protocol = offered
    .map((name) => supported.find((known) => known === name))
    .find((known) => known !== undefined);
  if (protocol === undefined)
    throw badRequest(`unable to upgrade: none of the protocols [${offered.join(" ")}] is known`);
  server ??= import("ws").then((ws) => {
    const made = new ws.WebSocketServer({
      noServer: true,
      perMessageDeflate: false,
      maxPayload,
      clientTracking: false,
    });
    made.on("headers", (lines, request) => {
      const name = chosen.get(request);
      if (name) lines.push(`Sec-WebSocket-Protocol: ${name}`);
    });
    return made;
  });
  const webSockets = await server;
  // ws takes only what HTTP calls a token, and kubectl's "SPDY/3.1+portforward.k8s.io" is none: so ws is not shown it.
  chosen.set(message, protocol);
  delete message.headers["sec-websocket-protocol"];
  const webSocket = await new Promise<WebSocket>((resolve, reject) => {
    // A handshake that is not one was answered with 400 already.
    socket.once("close", () => reject(new Error("the WebSocket handshake failed")));
    webSockets.handleUpgrade(message, socket, head, resolve);
  });
  return { webSocket, protocol };
}

const chosen = new WeakMap<object, string>();

/** Ends the connection when two pings in a row stay unanswered, unless it is paused: then answers are not read. */
export function watchOver(webSocket: WebSocket, clock: Clock): () => void {
  let missed = 0;
  webSocket.on("pong", () => {
    missed = 0;
  });
  return keepAlive(clock, () => {
    if (webSocket.isPaused) return;
    if (++missed > 2) webSocket.terminate();
    else webSocket.ping();
  });
}
