/** The HTTP/1.1 upgrade to SPDY/3.1, and which of its protocols Kubernetes' streams speak on it. */
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { failure } from "../../../machinery/status/error.ts";
import { badRequest } from "../../../machinery/status/errors.ts";
import { goStringSlice } from "../../../machinery/status/go-format.ts";

const header = "X-Stream-Protocol-Version";

/** Whether a request asks for SPDY rather than WebSocket. */
export function asksForSpdy(message: IncomingMessage): boolean {
  return (message.headers.upgrade ?? "").toLowerCase() === "spdy/3.1";
}

/**
 * Answers 101 with the first protocol of the client's that is among `supported`, and resolves it. Throws a StatusError,
 * nothing answered, where there is none.
 */
export function switchToSpdy<P extends string>(message: IncomingMessage, socket: Duplex, supported: readonly P[]): P {
  const offered = (message.headers[header.toLowerCase()] ?? "")
    .toString()
    .split(",")
    .map((name) => name.trim());
  if (offered.length === 1 && offered[0] === "") throw badRequest(`unable to upgrade: ${header} is required`);
  const chosen = offered.map((name) => supported.find((known) => known === name)).find((known) => known !== undefined);
  if (!chosen) {
    const message = `unable to upgrade: unable to negotiate protocol: client supports ${goStringSlice(offered)}, server accepts ${goStringSlice(supported)}`;
    throw failure(403, "Forbidden", message);
  }
  const lines = [
    "HTTP/1.1 101 Switching Protocols",
    "Connection: Upgrade",
    "Upgrade: SPDY/3.1",
    `${header}: ${chosen}`,
  ];
  socket.write(`${lines.join("\r\n")}\r\n\r\n`);
  return chosen;
}
