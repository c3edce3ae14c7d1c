import type { Duplex, Readable, Writable } from "node:stream";
import type { Clock } from "../../machinery/clock.ts";

export interface ForwardTarget {
  readonly clock: Clock;
  /** Aborts when the server closes. */
  readonly signal: AbortSignal;
  /** Throws an Error whose message is for the client. */
  connect(port: number, signal: AbortSignal): Promise<Duplex>;
}

export interface ForwardedStreams {
  readonly incoming: Readable;
  readonly outgoing: Writable;
  /** Its end says that the connection is over; what is written before that, why. */
  readonly errors: Writable;
}

/**
 * Connects one pair of streams with a port of the pod. Each direction ends by itself, as TCP's do; a failure on either side
 * ends both. Resolves when the connection is over. Never throws.
 */
export async function forwardConnection(
  target: ForwardTarget,
  port: number,
  { incoming, outgoing, errors }: ForwardedStreams,
  signal: AbortSignal,
): Promise<void> {
  let connection: Duplex;
  try {
    connection = await target.connect(port, signal);
  } catch (error) {
    errors.end((error as Error).message);
    outgoing.end();
    incoming.resume();
    return;
  }
  await new Promise<void>((resolve) => {
    connection.once("end", () => errors.end());
    connection.once("error", (error) => {
      if (!errors.writableEnded) errors.end(`an error occurred in the connection to port ${port}: ${error.message}`);
    });
    connection.once("close", () => {
      if (!errors.writableEnded) errors.end();
      if (!outgoing.writableEnded) outgoing.end();
      incoming.resume();
      resolve();
    });
    const lost = (): void => void connection.destroy();
    incoming.once("error", lost);
    incoming.once("close", () => {
      if (!incoming.readableEnded) lost();
    });
    outgoing.once("error", lost);
    incoming.pipe(connection);
    connection.pipe(outgoing);
  });
}
