/**
 * Port-forward over plain WebSocket channels, as some client libraries do: the ports are in the query, the n-th has channel 2n
 * for data and 2n+1 for errors, and both begin with the port in two bytes, the lower first.
 */
import { badRequest } from "../../machinery/status/errors.ts";
import type { UpgradeRequest } from "../http/connect.ts";
import { type ForwardTarget, forwardConnection } from "./forwarded-connection.ts";
import { Channels } from "./websocket/channels.ts";
import { acceptWebSocket, watchOver } from "./websocket/upgrade.ts";

const protocols = ["v4.channel.k8s.io", "v4.base64.channel.k8s.io"] as const;

export async function forwardOverWebSocket(
  target: ForwardTarget,
  ports: readonly number[],
  upgrade: UpgradeRequest,
): Promise<void> {
  if (ports.length === 0) throw badRequest('query parameter "ports" is required');
  const { webSocket, protocol } = await acceptWebSocket(upgrade, protocols);
  const channels = new Channels(webSocket, { base64: protocol.includes("base64"), closable: false });
  const stopPings = watchOver(webSocket, target.clock);
  const abort = new AbortController();
  void channels.closed.then(() => abort.abort());
  const stop = (): void => webSocket.close(1001);
  target.signal.addEventListener("abort", stop, { once: true });
  const connections = ports.map(async (port, index) => {
    const incoming = channels.readable(2 * index);
    const outgoing = channels.writable(2 * index);
    const errors = channels.writable(2 * index + 1);
    const number = Buffer.of(port & 255, port >> 8);
    outgoing.write(number);
    errors.write(number);
    await forwardConnection(target, port, { incoming, outgoing, errors }, abort.signal);
  });
  await Promise.race([channels.closed, Promise.all(connections)]);
  channels.close();
  await channels.closed;
  target.signal.removeEventListener("abort", stop);
  stopPings();
}
