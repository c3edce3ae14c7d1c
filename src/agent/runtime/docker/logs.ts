/** A container's log through the engine: demultiplexed, filtered and cut as pods/log asks. */
import { Readable } from "node:stream";
import type { LogOptions } from "../../../../proto/agent.ts";
import type { Clock } from "../../../machinery/clock.ts";
import type { Engine } from "./engine.ts";
import { frameDecoder } from "./framing.ts";

export async function containerLogs(
  engine: Engine,
  clock: Clock,
  id: string,
  options: LogOptions,
  signal: AbortSignal,
): Promise<Readable> {
  const { container, source } = await engine.call(async (docker) => {
    const container = docker.getContainer(id);
    const inspected = await container.inspect();
    const query = { ...logQuery(options, clock.now()), abortSignal: signal };
    const source: Readable = options.follow
      ? ((await container.logs({ ...query, follow: true })) as Readable)
      : Readable.from([(await container.logs({ ...query, follow: false })) as Buffer]);
    return { container: inspected, source };
  });
  return demultiplexed(source, container.Config.Tty, options, signal);
}

function logQuery(options: LogOptions, now: number) {
  const since =
    options.sinceTime !== undefined
      ? Date.parse(options.sinceTime) / 1000
      : options.sinceSeconds !== undefined
        ? now / 1000 - options.sinceSeconds
        : undefined;
  return {
    stdout: options.stream !== "Stderr",
    stderr: options.stream !== "Stdout",
    timestamps: options.timestamps ?? false,
    ...(since === undefined ? {} : { since: Number(since.toFixed(3)) }),
    ...(options.tailLines === undefined ? {} : { tail: options.tailLines }),
  };
}

/** Stops reading from the engine while the reader of the result is behind. */
function demultiplexed(source: Readable, tty: boolean, options: LogOptions, signal: AbortSignal): Readable {
  let budget = options.limitBytes ?? Number.POSITIVE_INFINITY;
  const output = new Readable({
    read: () => {
      source.resume();
    },
    destroy: (error, done) => {
      source.destroy();
      done(error);
    },
  });
  let ended = false;
  const end = () => {
    if (ended) return;
    ended = true;
    signal.removeEventListener("abort", abort);
    output.push(null);
  };
  const abort = () => {
    source.destroy();
    end();
  };
  const give = (payload: Buffer) => {
    if (ended) return;
    const part = payload.length > budget ? payload.subarray(0, budget) : payload;
    budget -= part.length;
    if (!output.push(Buffer.from(part))) source.pause();
    if (budget <= 0) abort();
  };
  const decode = tty ? give : frameDecoder({ frame: (_stream, payload) => give(payload) });
  source.on("data", decode);
  source.on("end", end);
  source.on("close", end);
  source.on("error", (error) => (ended || signal.aborted ? end() : output.destroy(error)));
  if (signal.aborted) abort();
  else signal.addEventListener("abort", abort, { once: true });
  return output;
}
