import type { UpgradeRequest } from "../../http/connect.ts";
import { reach } from "./forward.ts";
import { requestHeaders } from "./headers.ts";
import type { ProxyPath } from "./path.ts";
import type { ProxyTarget } from "./types.ts";

/** After the target's answer, whatever it is, the two sides talk as they like. */
export async function forwardUpgrade(
  target: ProxyTarget,
  path: ProxyPath,
  { message, socket, head }: UpgradeRequest,
  signal: AbortSignal,
): Promise<void> {
  const connection = await reach(target, signal);
  const headers = {
    ...requestHeaders(message.headers, path.asked),
    connection: "Upgrade",
    upgrade: message.headers.upgrade ?? "",
  };
  const lines = Object.entries(headers).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).map((text) => `${name}: ${text}\r\n`),
  );
  connection.write(`${message.method} ${path.target} HTTP/1.1\r\n${lines.join("")}\r\n`);
  if (head.length > 0) connection.write(head);
  await new Promise<void>((resolve) => {
    const end = (): void => {
      connection.destroy();
      socket.destroy();
      resolve();
    };
    for (const side of [connection, socket]) side.once("close", end).once("error", end);
    connection.pipe(socket);
    socket.pipe(connection);
  });
}
