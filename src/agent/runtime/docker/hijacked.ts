/** Connects a hijacked connection of exec or attach with the client's streams, until the process's output ends. */
import type { Duplex } from "node:stream";
import type { ExecStreams } from "../../../../proto/agent.ts";
import { frameDecoder } from "./framing.ts";

/**
 * Resolves when the engine closes the connection, or the client's signal aborts. `closeStdin`: whether the end of the
 * client's input is the end of the process's.
 */
export async function pump(connection: Duplex, tty: boolean, streams: ExecStreams, closeStdin = true): Promise<void> {
  const { stdin, stdout, stderr, signal } = streams;
  const write = (stream: number, payload: Buffer) => {
    const target = stream === 2 ? stderr : stdout;
    if (!target || target.destroyed || target.writableEnded) return;
    if (!target.write(Buffer.from(payload)) && !connection.isPaused()) {
      connection.pause();
      target.once("drain", () => connection.resume());
      target.once("close", () => connection.resume());
    }
  };
  const decode = tty ? (chunk: Buffer) => write(1, chunk) : frameDecoder({ frame: write });
  connection.on("data", decode);
  if (stdin) {
    // end() half-closes the connection: the process sees the end of its input and may still write.
    stdin.pipe(connection, { end: closeStdin });
    if (closeStdin) stdin.on("error", () => connection.end());
  }
  await new Promise<void>((resolve, reject) => {
    const done = () => {
      signal.removeEventListener("abort", abort);
      stdin?.unpipe(connection);
      resolve();
    };
    const abort = () => {
      connection.destroy();
      done();
    };
    connection.once("end", done);
    connection.once("close", done);
    connection.once("error", (error: NodeJS.ErrnoException) => {
      // Writing to a process that has ended is no failure of the stream.
      if (error.code === "EPIPE" || error.code === "ECONNRESET") done();
      else reject(error);
    });
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { once: true });
  });
  connection.destroy();
}

/** Applies every size the client sends; ends with the client's sizes or at `ended`. */
export function followSizes(
  streams: ExecStreams,
  apply: (size: { width: number; height: number }) => Promise<unknown>,
): void {
  const { resize, signal } = streams;
  if (!resize) return;
  const follow = async () => {
    for await (const size of resize) {
      if (signal.aborted) return;
      // The process may have ended meanwhile: a size that comes too late concerns nobody.
      await apply({ width: size.width, height: size.height }).catch(() => undefined);
    }
  };
  follow().catch(() => undefined);
}
