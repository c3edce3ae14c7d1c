/**
 * Port-forward over SPDY/3.1, either on the socket itself or, as newer kubectl does, on a tunnel of WebSocket messages. Two
 * streams with the same request id are one connection.
 */
import type { Duplex } from "node:stream";
import type { UpgradeRequest } from "../http/connect.ts";
import { type ForwardTarget, forwardConnection } from "./forwarded-connection.ts";
import { keepAlive } from "./keep-alive.ts";
import { SpdyConnection } from "./spdy/connection.ts";
import { switchToSpdy } from "./spdy/handshake.ts";
import type { SpdyStream } from "./spdy/stream.ts";
import { acceptWebSocket, watchOver } from "./websocket/upgrade.ts";

/** How long the second stream of a pair may keep the first waiting. */
const pairTimeout = 30_000;

export async function forwardOverSpdy(target: ForwardTarget, { message, socket, head }: UpgradeRequest): Promise<void> {
  switchToSpdy(message, socket, ["portforward.k8s.io"]);
  if (head.length > 0) socket.unshift(head);
  await serve(target, socket);
}

export async function forwardOverTunnel(target: ForwardTarget, upgrade: UpgradeRequest): Promise<void> {
  const { webSocket } = await acceptWebSocket(upgrade, ["SPDY/3.1+portforward.k8s.io"]);
  const { createWebSocketStream } = await import("ws");
  const stopPings = watchOver(webSocket, target.clock);
  try {
    await serve(target, createWebSocketStream(webSocket));
  } finally {
    stopPings();
  }
}

async function serve(target: ForwardTarget, transport: Duplex): Promise<void> {
  const waiting = new Map<string, { readonly stream: SpdyStream; readonly cancel: () => void }>();
  const abort = new AbortController();
  const onStream = (stream: SpdyStream): void => {
    const { id, port, isData } = pairOf(stream);
    if (port === undefined) return void stream.destroy();
    const other = waiting.get(id);
    if (!other) {
      const cancel = target.clock.after(pairTimeout, () => {
        waiting.delete(id);
        stream.destroy();
      });
      waiting.set(id, { stream, cancel });
      return;
    }
    if (pairOf(other.stream).isData === isData) return void stream.destroy();
    other.cancel();
    waiting.delete(id);
    const [data, errors] = isData ? [stream, other.stream] : [other.stream, stream];
    // The client writes nothing there, but closes its side.
    errors.resume();
    const streams = { incoming: data, outgoing: data, errors };
    void forwardConnection(target, port, streams, abort.signal);
  };
  const connection = new SpdyConnection({ transport, onStream });
  const stopPings = keepAlive(target.clock, () => connection.ping());
  const stop = (): void => connection.close();
  target.signal.addEventListener("abort", stop, { once: true });
  await connection.closed;
  target.signal.removeEventListener("abort", stop);
  stopPings();
  for (const { cancel } of waiting.values()) cancel();
  abort.abort();
}

/** Clients of old give no request id: then the pair is a stream for errors and the next one the client opens. */
function pairOf({ headers, id }: SpdyStream): { id: string; port: number | undefined; isData: boolean } {
  const type = headers.get("streamtype");
  const port = Number(headers.get("port"));
  const isPort = Number.isInteger(port) && port > 0 && port < 65536;
  const isData = type === "data";
  return {
    id: headers.get("requestid") ?? String(isData ? id - 2 : id),
    port: isPort && (isData || type === "error") ? port : undefined,
    isData,
  };
}
