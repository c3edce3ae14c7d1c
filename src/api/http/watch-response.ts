import type { Call, Pipeline } from "../pipeline/types.ts";
import { checkWatch, Watching, type WatchParameters } from "../pipeline/watch.ts";
import type { WatchFormat } from "../watch/format.ts";
import type { Exchange } from "./exchange.ts";
import { newHeaders } from "./response.ts";

/** What a watcher may lag behind before it is cut off; it then resumes from where it was. */
const bufferLimit = 8 * 1024 * 1024;
const defaultTimeout = 1800;

export interface RunningWatches {
  add(end: () => void): void;
  delete(end: () => void): void;
}

/** Streams the watch until the client, the time limit or the server ends it. */
export function respondWatch(
  pipeline: Pipeline,
  call: Call,
  exchange: Exchange,
  parameters: WatchParameters,
  options: {
    readonly format: WatchFormat<Buffer>;
    readonly contentType: string;
    readonly timeoutSeconds: number | undefined;
    readonly running: RunningWatches;
  },
): void {
  const after = checkWatch(pipeline, call, parameters);
  const out = exchange.open(200, newHeaders(options.contentType, call.warnings));
  let ended = false;
  const end = (): void => {
    if (ended) return;
    ended = true;
    watching.stop();
    cancelTimeout();
    options.running.delete(end);
    out.end();
  };
  const watching = new Watching<Buffer>(pipeline, call, parameters.selection, options.format, {
    deliver(chunk) {
      if (ended) return;
      if (out.write(chunk)) return;
      if (out.writableLength > bufferLimit) {
        ended = true;
        watching.stop();
        cancelTimeout();
        options.running.delete(end);
        exchange.abort();
        return;
      }
      draining ??= new Promise((resolve) => {
        release = resolve;
      });
      return draining;
    },
    ended: end,
  });
  let draining: Promise<void> | undefined;
  let release = (): void => undefined;
  const drained = (): void => {
    draining = undefined;
    release();
  };
  out.on("drain", drained);
  // Half an hour to an hour, each watcher at its own time, as kube-apiserver's --min-request-timeout has it.
  const seconds = options.timeoutSeconds || defaultTimeout * (1 + Math.random());
  const cancelTimeout = pipeline.clock.after(Math.min(seconds, 2 ** 31 / 1000 - 1) * 1000, end);
  options.running.add(end);
  exchange.onClose(() => {
    end();
    drained();
  });
  void watching.start(after, parameters);
}
