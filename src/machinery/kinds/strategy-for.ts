import type { Strategy } from "./types.ts";

/** The one place where a strategy written against a kind's type meets the pipeline, which only hands it objects of that kind. */
export function strategyFor<T>(strategy: Strategy<T>): Strategy {
  return strategy as unknown as Strategy;
}
