import type { Clock } from "../../machinery/clock.ts";

/** Long enough to cost nothing, short enough for proxies that forget idle connections after a minute. */
const period = 30_000;

/** Calls `ping` again and again until the returned function is called. */
export function keepAlive(clock: Clock, ping: () => void): () => void {
  let cancel = (): void => undefined;
  const next = (): void => {
    cancel = clock.after(period, () => {
      next();
      ping();
    });
  };
  next();
  return () => cancel();
}
