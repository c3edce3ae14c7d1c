/** exec and attach over WebSocket: channels 0 stdin, 1 stdout, 2 stderr, 3 error, 4 resize. */
import { finished } from "node:stream/promises";
import type { UpgradeRequest } from "../http/connect.ts";
import { statusOf, statusOfError } from "./command-status.ts";
import { outcomeOf, type RemoteCommand } from "./remote-command.ts";
import { TerminalSizes } from "./terminal-sizes.ts";
import { Channels } from "./websocket/channels.ts";
import { acceptWebSocket, watchOver } from "./websocket/upgrade.ts";

/** Before v4 the error channel is plain text; "" is a client that asks for no protocol. */
const protocols = [
  "v5.channel.k8s.io",
  "v4.channel.k8s.io",
  "v4.base64.channel.k8s.io",
  "channel.k8s.io",
  "base64.channel.k8s.io",
  "",
] as const;

export async function commandOverWebSocket(command: RemoteCommand, upgrade: UpgradeRequest): Promise<void> {
  const { webSocket, protocol } = await acceptWebSocket(upgrade, protocols);
  const channels = new Channels(webSocket, {
    base64: protocol.includes("base64"),
    closable: protocol === "v5.channel.k8s.io",
  });
  const stopPings = watchOver(webSocket, command.clock);
  const abort = new AbortController();
  void channels.closed.then(() => abort.abort());
  const stop = (): void => webSocket.close(1001);
  command.signal.addEventListener("abort", stop, { once: true });
  try {
    await converse(command, protocol, channels, abort.signal);
    channels.close();
    await channels.closed;
  } finally {
    stopPings();
    command.signal.removeEventListener("abort", stop);
  }
}

async function converse(
  command: RemoteCommand,
  protocol: (typeof protocols)[number],
  channels: Channels,
  signal: AbortSignal,
): Promise<void> {
  const resize = new TerminalSizes();
  const stdin = command.stdin ? channels.readable(0) : undefined;
  const stdout = command.stdout ? channels.writable(1) : undefined;
  const stderr = command.stderr ? channels.writable(2) : undefined;
  const error = channels.writable(3);
  const sizes = channels.readable(4);
  sizes.on("data", (size: Buffer) => resize.put(size.toString()));
  sizes.on("close", () => resize.end());
  // An empty message on the lowest channel that is written to says that the connection stands; clients wait for it.
  (stdout ?? stderr ?? error).write("");
  const outcome = await outcomeOf(command, {
    ...(stdin ? { stdin } : {}),
    ...(stdout ? { stdout } : {}),
    ...(stderr ? { stderr } : {}),
    ...(command.tty ? { resize } : {}),
    signal,
  });
  stdin?.destroy();
  sizes.destroy();
  if (!outcome) return;
  await Promise.allSettled([stdout, stderr].map((stream) => stream && finished(stream.end())));
  const status = outcome instanceof Error ? statusOfError(outcome) : statusOf(outcome);
  const isText = !protocol.startsWith("v");
  await finished(error.end(isText ? (status.message ?? "") : JSON.stringify(status))).catch(() => undefined);
}
