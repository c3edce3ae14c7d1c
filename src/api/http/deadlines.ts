import type { Clock } from "../../machinery/clock.ts";
import { parseGoDuration } from "../../machinery/schema/go-time.ts";
import { badRequest, timeout } from "../../machinery/status/errors.ts";
import type { Exchange } from "./exchange.ts";
import { respondError } from "./response.ts";

const check = 1000;

/**
 * The time that a request has which is not to run long (kube-apiserver's --request-timeout): afterwards it is answered with
 * 504, whatever still works on it. One timer for all, since all have the same time; only `timeout=` has one of its own.
 */
export class Deadlines {
  readonly #clock: Clock;
  readonly #limit: number;
  /** The oldest first. */
  readonly #running = new Map<Exchange, number>();
  #armed = false;

  /** `limit` in ms. */
  constructor(clock: Clock, limit: number) {
    this.#clock = clock;
    this.#limit = limit;
  }

  /** Throws 400 for a `timeout` that is none. To be given to end() when the request is over. */
  begin(exchange: Exchange, query: URLSearchParams | undefined): void {
    const asked = query?.get("timeout");
    const own = asked ? wanted(asked) : 0;
    if (own > 0 && own < this.#limit) {
      const cancel = this.#clock.after(own, () => expire(exchange));
      exchange.onClose(cancel);
      return;
    }
    this.#running.set(exchange, this.#clock.elapsed() + this.#limit);
    if (this.#armed) return;
    this.#armed = true;
    this.#clock.after(check, () => this.#check());
  }

  end(exchange: Exchange): void {
    this.#running.delete(exchange);
  }

  #check(): void {
    const now = this.#clock.elapsed();
    for (const [exchange, deadline] of this.#running) {
      if (deadline > now) break;
      this.#running.delete(exchange);
      expire(exchange);
    }
    this.#armed = this.#running.size > 0;
    if (this.#armed) this.#clock.after(check, () => this.#check());
  }
}

function expire(exchange: Exchange): void {
  exchange.expire(() => respondError(exchange, timeout("request did not complete within the allotted timeout")));
}

function wanted(text: string): number {
  try {
    return Number(parseGoDuration(text) / 1_000_000n);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw badRequest(`invalid timeout specified in the request URL - ${why}`, { cause: error });
  }
}
