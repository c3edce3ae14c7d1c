import type { Clock } from "../../machinery/clock.ts";
import type { Logger } from "../../machinery/logger.ts";

const period = 12 * 3_600_000;

/** Looks twice a day whether certificates are due. Returns a function that ends it. */
export function renewRegularly(clock: Clock, log: Logger, renew: () => Promise<void>): () => void {
  let cancel: () => void = () => undefined;
  let stopped = false;
  const schedule = (): void => {
    if (stopped) return;
    cancel = clock.after(period, () => {
      renew()
        .catch((error: unknown) => log.error({ err: error }, "renewal of certificates failed; it is tried again later"))
        .finally(schedule);
    });
  };
  schedule();
  return () => {
    stopped = true;
    cancel();
  };
}
