import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Clock } from "../machinery/clock.ts";

const quietAfter = 10_000;

/**
 * A start makes garbage, and V8 keeps the room it grew to as room to grow again. One full collection (some 25 ms) when
 * the start is over gives it back: a tenth of an idle server's memory. Returns a function that cancels.
 */
export function settleMemory(clock: Clock): () => void {
  return clock.after(quietAfter, () => {
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as NodeJS.GCFunction;
    collect({ type: "major", execution: "sync", flavor: "last-resort" });
  });
}
