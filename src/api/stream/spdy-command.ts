/** exec and attach over SPDY/3.1: one stream each for error, stdin, stdout, stderr and resize, told apart by their headers. */
import type { UpgradeRequest } from "../http/connect.ts";
import { statusOf, statusOfError } from "./command-status.ts";
import { keepAlive } from "./keep-alive.ts";
import { outcomeOf, type RemoteCommand } from "./remote-command.ts";
import { SpdyConnection } from "./spdy/connection.ts";
import { switchToSpdy } from "./spdy/handshake.ts";
import type { SpdyStream } from "./spdy/stream.ts";
import { TerminalSizes } from "./terminal-sizes.ts";

/** The first of the client's that is here is spoken. Before v4 the error stream is plain text. */
const protocols = ["v4.channel.k8s.io", "v3.channel.k8s.io", "v2.channel.k8s.io"] as const;
const streamsTimeout = 30_000;
/** How long a client may take to close after it was told everything. */
const closeTimeout = 10_000;

type StreamType = "error" | "stdin" | "stdout" | "stderr" | "resize";

export async function commandOverSpdy(
  command: RemoteCommand,
  { message, socket, head }: UpgradeRequest,
): Promise<void> {
  const protocol = switchToSpdy(message, socket, protocols);
  if (head.length > 0) socket.unshift(head);
  const { clock } = command;
  const streams = new Map<string, SpdyStream>();
  const sizes = new TerminalSizes();
  const wanted: StreamType[] = ["error"];
  for (const type of ["stdin", "stdout", "stderr"] as const) if (command[type]) wanted.push(type);
  let complete: (arrived: boolean) => void = () => undefined;
  const arrived = new Promise<boolean>((resolve) => {
    complete = resolve;
  });
  const connection = new SpdyConnection({
    transport: socket,
    onStream: (stream) => {
      const type = stream.headers.get("streamtype") ?? "";
      if (streams.has(type)) return void stream.destroy();
      streams.set(type, stream);
      if (type === "resize") void followSizes(stream, sizes);
      if (wanted.every((name) => streams.has(name))) complete(true);
    },
  });
  const stopPings = keepAlive(clock, () => connection.ping());
  const cancelTimeout = clock.after(streamsTimeout, () => complete(false));
  const abort = new AbortController();
  const stop = (): void => connection.destroy();
  command.signal.addEventListener("abort", stop, { once: true });
  void connection.closed.then(() => {
    complete(false);
    sizes.end();
    abort.abort();
  });
  try {
    if (!(await arrived)) return connection.close();
    cancelTimeout();
    await converse(command, protocol, streams, sizes, abort.signal);
    const cancelClose = clock.after(closeTimeout, () => connection.close());
    await connection.closed;
    cancelClose();
  } finally {
    cancelTimeout();
    stopPings();
    command.signal.removeEventListener("abort", stop);
  }
}

async function converse(
  command: RemoteCommand,
  protocol: (typeof protocols)[number],
  streams: ReadonlyMap<string, SpdyStream>,
  resize: TerminalSizes,
  signal: AbortSignal,
): Promise<void> {
  const [stdin, stdout, stderr] = (["stdin", "stdout", "stderr"] as const).map((type) => streams.get(type));
  const outcome = await outcomeOf(command, {
    ...(command.stdin && stdin ? { stdin } : {}),
    ...(command.stdout && stdout ? { stdout } : {}),
    ...(command.stderr && stderr ? { stderr } : {}),
    ...(command.tty ? { resize } : {}),
    signal,
  });
  // Whatever is still being typed has no reader any more, and must not hold up the connection.
  for (const stream of streams.values()) stream.resume();
  if (!outcome) return;
  const status = outcome instanceof Error ? statusOfError(outcome) : statusOf(outcome);
  stdout?.end();
  stderr?.end();
  if (protocol === "v4.channel.k8s.io") streams.get("error")?.end(JSON.stringify(status));
  else streams.get("error")?.end(status.status === "Success" ? "" : status.message);
  stdin?.end();
}

/** Each size is a JSON object; they come in any pieces. */
async function followSizes(stream: SpdyStream, sizes: TerminalSizes): Promise<void> {
  let text = "";
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      text += chunk.toString();
      const end = text.lastIndexOf("}");
      if (end < 0) continue;
      sizes.put(text.slice(text.lastIndexOf("{", end), end + 1));
      text = text.slice(end + 1);
    }
  } catch {
    // The stream was reset: its client wants no more resizing.
    return;
  }
}
