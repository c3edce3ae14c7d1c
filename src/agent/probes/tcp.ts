import { connect } from "node:net";
import { dialError } from "./dial-error.ts";
import { type Attempt, type AttemptContext, hostPort } from "./handler.ts";

/** Succeeds when a connection can be made; it is closed at once. */
export function tcpAttempt(
  host: string,
  port: number,
  { clock, signal, timeoutSeconds }: AttemptContext,
): Promise<Attempt> {
  return new Promise((resolve) => {
    const address = hostPort(host, port);
    const socket = connect({ host, port });
    const end = (outcome: Attempt["outcome"], output: string): void => {
      cancel();
      signal.removeEventListener("abort", aborted);
      socket.destroy();
      resolve({ outcome, output });
    };
    const aborted = (): void => end("error", "the container is no longer probed");
    const cancel = clock.after(timeoutSeconds * 1000, () => end("failure", `dial tcp ${address}: i/o timeout`));
    signal.addEventListener("abort", aborted);
    socket.once("connect", () => end("success", ""));
    socket.once("error", (error) => end("failure", dialError(error, address)));
  });
}
