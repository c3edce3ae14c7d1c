/**
 * Preloaded into a `kl` whose clock a test sets: on SIGUSR2 the time becomes the real one and as many ms as the file says that
 * KL_TEST_CLOCK names. What counts time, and what other processes say of it, stays as it is.
 */
import { readFileSync } from "node:fs";
import { isMainThread } from "node:worker_threads";

const file = process.env.KL_TEST_CLOCK;
const RealDate = Date;
let ahead = 0;

class SetDate extends RealDate {
  constructor(...args: unknown[]) {
    if (args.length === 0) super(SetDate.now());
    else super(...(args as [number]));
  }

  static override now(): number {
    return RealDate.now() + ahead;
  }
}

// Signals come to the main thread alone; others (the disk's) know nothing of the time.
if (file !== undefined && isMainThread) {
  globalThis.Date = SetDate as DateConstructor;
  process.on("SIGUSR2", () => {
    ahead = Number(readFileSync(file, "utf8"));
  });
}
