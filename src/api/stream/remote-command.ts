/** A command in a container, as the protocols of exec and attach see it. */
import { type ExecResult, type ExecStreams, LinkError } from "../../../proto/agent.ts";
import type { Clock } from "../../machinery/clock.ts";
import type { Logger } from "../../machinery/logger.ts";

/** A command to be connected with a client. */
export interface RemoteCommand {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
  readonly clock: Clock;
  readonly log: Logger;
  /** Aborts when the server closes. */
  readonly signal: AbortSignal;
  run(streams: ExecStreams): Promise<ExecResult>;
}

/** Runs it; what goes wrong is logged unless it is the client's own doing. Undefined: the client went away. */
export async function outcomeOf(command: RemoteCommand, streams: ExecStreams): Promise<ExecResult | Error | undefined> {
  try {
    const result = await command.run(streams);
    return streams.signal.aborted ? undefined : result;
  } catch (error) {
    if (streams.signal.aborted) return undefined;
    if (!(error instanceof LinkError)) command.log.error({ error }, "a command in a container failed");
    return error as Error;
  }
}
