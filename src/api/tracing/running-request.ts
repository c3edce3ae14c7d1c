import type { HrTime } from "@opentelemetry/api";
import type { Clock } from "../../machinery/clock.ts";
import type { RequestScope } from "./request-scope.ts";

/** A request that runs. Its spans share one clock, so that none seems to begin before the one it is part of. */
export class RunningRequest {
  readonly #start: number;
  readonly #offset: number;
  /** Until its span begins, and after its end, there is none. */
  scope: RequestScope | undefined;

  constructor(clock: Clock) {
    this.#start = clock.now();
    this.#offset = this.#start - performance.now();
  }

  get received(): HrTime {
    return hrTime(this.#start);
  }

  now(): HrTime {
    return hrTime(this.#offset + performance.now());
  }
}

function hrTime(milliseconds: number): HrTime {
  const seconds = Math.floor(milliseconds / 1000);
  return [seconds, Math.floor((milliseconds - seconds * 1000) * 1_000_000)];
}
