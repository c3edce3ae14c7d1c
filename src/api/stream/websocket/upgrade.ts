/** The WebSocket handshake, and what keeps a connection alive. */
import type { WebSocket, WebSocketServer } from "ws";
import type { Clock } from "../../../machinery/clock.ts";
import { badRequest } from "../../../machinery/status/errors.ts";
import type { UpgradeRequest } from "../../http/connect.ts";
import { keepAlive } from "../keep-alive.ts";

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
  server ??= import("ws").then(
    (ws) =>
      new ws.WebSocketServer({
        noServer: true,
        perMessageDeflate: false,
        clientTracking: false,
        // Only ever asked with protocols that are known to include a supported one; see `chosen`.
        handleProtocols: (_, request) => chosen.get(request) ?? false,
      }),
  );
  const webSockets = await server;
  chosen.set(message, protocol);
  const webSocket = await new Promise<WebSocket>((resolve) => {
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
