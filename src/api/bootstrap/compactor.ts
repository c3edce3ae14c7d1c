import type { Clock } from "../../machinery/clock.ts";
import type { Logger } from "../../machinery/logger.ts";
import type { Revision, Store } from "../../store/types.ts";

/** Forgets history that is older than the window: notes the revision now and then, and compacts to the note that has aged. */
export function startCompaction(store: Store, clock: Clock, log: Logger, window: number): () => void {
  const interval = Math.max(1000, Math.min(60_000, window / 5));
  const notes: { readonly at: number; readonly revision: Revision }[] = [];
  let cancel = clock.after(interval, step);
  let running = false;
  let stopped = false;

  function step(): void {
    const now = clock.elapsed();
    const revision = due(now - window);
    notes.push({ at: now, revision: store.revision });
    if (revision > store.compactedRevision && !running) {
      running = true;
      store
        .compact(revision)
        .catch((error: unknown) => {
          if (!stopped) log.warn({ err: error }, "compaction failed; it is tried again");
        })
        .finally(() => {
          running = false;
        });
    }
    if (!stopped) cancel = clock.after(interval, step);
  }

  /** The newest note that is old enough. */
  function due(before: number): Revision {
    let revision: Revision = 0;
    while (notes[0] !== undefined && notes[0].at <= before) revision = notes.shift()?.revision ?? 0;
    return revision;
  }

  return () => {
    stopped = true;
    cancel();
  };
}
