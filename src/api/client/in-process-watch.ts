import type { KubeObject } from "../../machinery/meta/object.ts";
import type { StatusError } from "../../machinery/status/error.ts";
import { expired } from "../../machinery/status/errors.ts";
import { selectionOf } from "../pipeline/selection.ts";
import type { Call, Pipeline } from "../pipeline/types.ts";
import { checkWatch, Watching } from "../pipeline/watch.ts";
import { type ObjectEvent, sharedObjects } from "../watch/format.ts";
import type { WatchEvent, WatchOptions } from "./types.ts";

/** Events that wait for a slow reader. Shared objects cost little; a reader that far behind lists anew. */
const bufferLimit = 100_000;

/** Ends when the signal aborts or the server closes; throws 410 when history is lost or the reader was too slow. */
export async function* watchObjects<T extends KubeObject>(
  pipeline: Pipeline,
  call: Call,
  options: WatchOptions,
): AsyncGenerator<WatchEvent<T>, void, undefined> {
  const { signal } = options;
  if (signal.aborted) return;
  const selection = selectionOf(call.resource, options.labelSelector, options.fieldSelector);
  const parameters = {
    selection,
    resourceVersion: options.resourceVersion ?? "",
    resourceVersionMatch: "",
    allowWatchBookmarks: options.allowWatchBookmarks ?? false,
  };
  const after = checkWatch(pipeline, call, parameters);

  let waiting: ObjectEvent[] = [];
  let ended = false;
  let failure: StatusError | undefined;
  let wake = (): void => undefined;
  let taken = (): void => undefined;
  const watching = new Watching<readonly ObjectEvent[]>(pipeline, call, selection, sharedObjects, {
    deliver(events) {
      for (const event of events) waiting.push(event);
      if (waiting.length > bufferLimit) {
        failure = expired("the watch fell too far behind");
        watching.stop();
      }
      wake();
      return new Promise((resolve) => {
        taken = resolve;
      });
    },
    ended() {
      ended = true;
      wake();
    },
  });
  const onAbort = (): void => {
    ended = true;
    watching.stop();
    wake();
  };
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    void watching.start(after, parameters);
    for (;;) {
      if (waiting.length === 0 && !ended && !failure) {
        taken();
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      if (signal.aborted) return;
      if (failure) throw failure;
      const events = waiting;
      waiting = [];
      for (const event of events) {
        if (event.type === "ERROR") throw event.error;
        yield event as unknown as WatchEvent<T>;
        if (signal.aborted) return;
      }
      if (ended && waiting.length === 0) return;
    }
  } finally {
    signal.removeEventListener("abort", onAbort);
    watching.stop();
    taken();
  }
}
