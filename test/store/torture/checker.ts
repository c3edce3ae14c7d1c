import { checkWatches } from "./check-watches.ts";
import { checkWrites } from "./check-writes.ts";
import type { Life } from "./history.ts";
import { Timeline } from "./timeline.ts";

export interface Violation {
  readonly property:
    | "durable"
    | "refused-stays-out"
    | "no-thin-air"
    | "monotonic"
    | "chain"
    | "compare-and-swap"
    | "linearizable"
    | "filtered"
    | "ordered"
    | "unique"
    | "atomic"
    | "bookmarkable"
    | "resumable"
    | "reliable"
    | "previous-value"
    | "is-create";
  readonly message: string;
}

/** What a life of a store did against its contract; nothing, it is hoped. */
export function check(life: Life): Violation[] {
  const timeline = new Timeline(life);
  return [...checkWrites(life, timeline), ...checkWatches(life, timeline)];
}
