/**
 * The client's side of the streams behind exec and attach: WebSocket with the v5.channel.k8s.io subprotocol, one leading
 * byte per message naming its channel (KEP-4006).
 */
import type { Readable, Writable } from "node:stream";
import type { Status } from "../../machinery/types/meta/v1.ts";
import { ExitError } from "../exit-error.ts";
import type { RestClient } from "./client.ts";

const channel = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 } as const;
/** More than this unsent holds stdin back. */
const highWaterMark = 1 << 20;

export interface ChannelStreams {
  readonly stdin?: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** Called with a function that sends a size; returns one that stops. */
  readonly onResize?: (send: (size: { width: number; height: number }) => void) => () => void;
}

/** Resolves with the Status that the server closes the exchange with. */
export async function runChannels(client: RestClient, url: URL, streams: ChannelStreams): Promise<Status> {
  const { WebSocket } = await import("ws");
  const socket = new WebSocket(url.href.replace(/^http/, "ws"), ["v5.channel.k8s.io", "v4.channel.k8s.io"], {
    headers: client.headers,
    ...client.tls,
    perMessageDeflate: false,
  } as object);
  socket.binaryType = "nodebuffer";

  return new Promise<Status>((resolve, reject) => {
    let status: Status | undefined;
    let stopResize: (() => void) | undefined;
    const { stdin } = streams;
    const send = (to: number, data: Buffer): void => {
      if (socket.readyState !== WebSocket.OPEN) return;
      socket.send(Buffer.concat([Buffer.of(to), data]), () => {
        if (stdin?.isPaused() && socket.bufferedAmount < highWaterMark) stdin.resume();
      });
      if (socket.bufferedAmount >= highWaterMark) stdin?.pause();
    };
    const onStdin = (chunk: Buffer): void => send(channel.stdin, chunk);
    const onStdinEnd = (): void => {
      if (socket.protocol === "v5.channel.k8s.io") send(channel.close, Buffer.of(channel.stdin));
    };
    const finish = (): void => {
      stopResize?.();
      stdin?.off("data", onStdin).off("end", onStdinEnd).pause();
    };
    socket.on("open", () => {
      stdin?.on("data", onStdin).on("end", onStdinEnd);
      stopResize = streams.onResize?.(({ width, height }) =>
        send(channel.resize, Buffer.from(JSON.stringify({ Width: width, Height: height }))),
      );
    });
    socket.on("message", (data: Buffer) => {
      const body = data.subarray(1);
      if (data[0] === channel.stdout) streams.stdout.write(body);
      else if (data[0] === channel.stderr) streams.stderr.write(body);
      else if (data[0] === channel.error && body.length > 0) status = JSON.parse(body.toString()) as Status;
    });
    socket.on("close", () => {
      finish();
      if (status) resolve(status);
      else reject(new ExitError(1, "error: the connection ended before the command did"));
    });
    socket.on("error", (error) => {
      finish();
      reject(new ExitError(1, `error: unable to upgrade connection: ${error.message}`));
    });
    socket.on("unexpected-response", (_request, response) => {
      finish();
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => reject(upgradeRefused(response.statusCode ?? 500, Buffer.concat(chunks).toString())));
    });
  });
}

function upgradeRefused(code: number, body: string): Error {
  try {
    const status = JSON.parse(body) as Status;
    if (status.kind === "Status") return new ExitError(1, `Error from server (${status.reason}): ${status.message}`);
  } catch {
    // Not a Status: the plain text says what there is to say.
  }
  return new ExitError(1, `error: unable to upgrade connection: ${body.trim() || code}`);
}

/** The exit code of the command that a Status of the error channel tells; 0 for Success. */
export function exitCodeOf(status: Status): number {
  if (status.status === "Success") return 0;
  const cause = status.details?.causes?.find(({ reason }) => reason === "ExitCode");
  return status.reason === "NonZeroExitCode" && cause ? Number(cause.message) : 1;
}
