import type { Attributes } from "../authz/types.ts";
import { ClientGoneError } from "../http/body.ts";
import type { Exchange } from "../http/exchange.ts";
import { type FlowControl, Refused } from "./flow-control.ts";
import { Seat } from "./priority-level.ts";
import type { Estimated, WorkEstimator } from "./work-estimate.ts";

/** The door that every request but the long-running ones goes through, after authentication and before authorization. */
export class FlowGate {
  readonly #control: FlowControl;
  readonly #estimator: WorkEstimator;

  constructor(control: FlowControl, estimator: WorkEstimator) {
    this.#control = control;
    this.#estimator = estimator;
  }

  /** The seats are given back by finish(). Throws Refused, and ClientGoneError for who did not wait. */
  enter(exchange: Exchange, attributes: Attributes, estimated: Estimated | undefined): Seat | Promise<Seat> {
    const width = estimated === undefined ? 1 : this.#estimator.estimate(estimated);
    return typeof width === "number"
      ? this.#enter(exchange, attributes, width)
      : width.then((seats) => this.#enter(exchange, attributes, seats));
  }

  #enter(exchange: Exchange, attributes: Attributes, width: number): Seat | Promise<Seat> {
    const flow = this.#control.flowOf(attributes);
    exchange.stamp = flow.headers;
    const entered = this.#control.enter(flow, attributes, width);
    if (entered instanceof Seat) return entered;
    exchange.onClose(() => entered.cancel());
    return this.#control.seat(flow, entered).catch((error: unknown) => {
      throw error instanceof Refused && error.why === "cancelled" ? new ClientGoneError("went away") : error;
    });
  }
}
