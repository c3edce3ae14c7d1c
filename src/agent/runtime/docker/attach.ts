/** Attaching to a container's own process. */
import type { AttachOptions, ExecResult, ExecStreams } from "../../../../proto/agent.ts";
import type { Engine } from "./engine.ts";
import { followSizes, pump } from "./hijacked.ts";

export async function attachToContainer(
  engine: Engine,
  id: string,
  options: AttachOptions,
  streams: ExecStreams,
): Promise<ExecResult> {
  const { container, connection, stdinOnce } = await engine.call(async (docker) => {
    const container = docker.getContainer(id);
    const { Config } = await container.inspect();
    const connection = await container.attach({
      stream: true,
      hijack: true,
      stdin: streams.stdin !== undefined,
      stdout: streams.stdout !== undefined,
      stderr: streams.stderr !== undefined && !options.tty,
    });
    return {
      container,
      connection: connection as NodeJS.ReadWriteStream as import("node:stream").Duplex,
      stdinOnce: Config.StdinOnce,
    };
  });
  followSizes(streams, ({ width, height }) => container.resize({ w: width, h: height }));
  // A container that others may still type into keeps its stdin; and the engine would take the end for a detach and cut
  // the output off.
  await pump(connection, options.tty, streams, stdinOnce);
  if (streams.signal.aborted) return {};
  // The stream ends with the process, or when the container was detached from.
  const { State } = await engine.call(() => container.inspect());
  return State.Running ? {} : { exitCode: State.ExitCode };
}
