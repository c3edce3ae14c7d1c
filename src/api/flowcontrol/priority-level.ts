import type { Clock } from "../../machinery/clock.ts";
import type { PriorityLevelConfigurationSpec } from "../../machinery/types/flowcontrol/v1.ts";
import { FairQueues, flowHash, type Queue, type Waiting } from "./fair-queues.ts";
import type { FlowSchemaState } from "./flow-schema-state.ts";

/** What the levels of a server share. */
export interface SharedSeats {
  /** Seats that others do not use and would lend to `level`. */
  lentTo(level: PriorityLevel): number;
  /** Whether a request of so many seats may begin in this turn of the event loop; takes it from the turn's budget. */
  takeTurn(width: number): boolean;
}

export type Refusal = "queue-full" | "concurrency-limit" | "time-out" | "cancelled";

/** A place for one request. finish() exactly once. */
export class Seat {
  readonly schema: FlowSchemaState;
  readonly level: PriorityLevel;
  readonly width: number;
  readonly #started = performance.now();
  readonly #queue: { readonly of: FairQueues<WaitingRequest>; readonly at: Queue<WaitingRequest> } | undefined;
  readonly #request: WaitingRequest | undefined;

  constructor(
    schema: FlowSchemaState,
    level: PriorityLevel,
    width: number,
    queue?: { readonly of: FairQueues<WaitingRequest>; readonly at: Queue<WaitingRequest> },
    request?: WaitingRequest,
  ) {
    this.schema = schema;
    this.level = level;
    this.width = width;
    this.#queue = queue;
    this.#request = request;
  }

  finish(): void {
    const seconds = (performance.now() - this.#started) / 1000;
    this.schema.execution.observe(seconds);
    this.schema.executing--;
    if (this.#queue && this.#request) this.#queue.of.finished(this.#queue.at, this.#request, seconds);
    this.level.released(this.width);
  }
}

interface WaitingRequest extends Waiting {
  readonly schema: FlowSchemaState;
  readonly since: number;
  granted: (seat: Seat) => void;
  refused: (why: Refusal) => void;
  cancelTimer: () => void;
}

/** What somebody who waits can do: stop. */
export interface Pending {
  readonly seat: Promise<Seat | Refusal>;
  cancel(): void;
}

export class PriorityLevel {
  readonly name: string;
  readonly #shared: SharedSeats;
  readonly #clock: Clock;
  readonly #waitLimit: number;
  uid = "";
  exempt = false;
  shares = 0;
  lendablePercent = 0;
  borrowingLimitPercent: number | undefined;
  /** Seats that are this level's own. */
  nominal = 0;
  /** Seats in use. */
  seats = 0;
  #queues: FairQueues<WaitingRequest> | undefined;
  #shape = "";

  /** `waitLimit`: how long a request may wait, in ms. */
  constructor(name: string, shared: SharedSeats, clock: Clock, waitLimit: number) {
    this.name = name;
    this.#shared = shared;
    this.#clock = clock;
    this.#waitLimit = waitLimit;
  }

  configure(uid: string, { type, limited, exempt }: PriorityLevelConfigurationSpec): void {
    this.uid = uid;
    this.exempt = type === "Exempt";
    this.shares = (this.exempt ? exempt?.nominalConcurrencyShares : limited?.nominalConcurrencyShares) ?? 0;
    this.lendablePercent = (this.exempt ? exempt?.lendablePercent : limited?.lendablePercent) ?? 0;
    this.borrowingLimitPercent = limited?.borrowingLimitPercent;
    const queuing = limited?.limitResponse?.type === "Queue" ? limited.limitResponse.queuing : undefined;
    const shape = JSON.stringify(queuing ?? null);
    if (shape === this.#shape) return;
    this.#shape = shape;
    const before = this.#queues;
    const { queues = 64, handSize = 8, queueLengthLimit = 50 } = queuing ?? {};
    this.#queues = queuing && new FairQueues(queues, handSize, queueLengthLimit);
    for (const request of before?.drain() ?? []) {
      if (this.#queues?.enqueue(request) === undefined) request.refused("queue-full");
    }
  }

  get waiting(): number {
    return this.#queues?.waiting ?? 0;
  }

  get waitingSeats(): number {
    return this.#queues?.waitingSeats ?? 0;
  }

  /** Of its own seats, what others may use while they are free. */
  get lendable(): number {
    return Math.round((this.nominal * this.lendablePercent) / 100);
  }

  /** The most it can have with what others lend. */
  get borrowingLimit(): number {
    return this.borrowingLimitPercent === undefined
      ? Number.POSITIVE_INFINITY
      : Math.round((this.nominal * this.borrowingLimitPercent) / 100);
  }

  /** A seat at once, where there is one and nobody waits for it. */
  enter(schema: FlowSchemaState, width: number): Seat | undefined {
    if (this.exempt) return this.#take(schema, width);
    if (!this.#fits(width)) return undefined;
    const queues = this.#queues;
    if (queues !== undefined && (queues.waiting > 0 || !this.#shared.takeTurn(width))) return undefined;
    return this.#take(schema, width);
  }

  /** To be asked where enter() gave nothing. */
  wait(schema: FlowSchemaState, flow: string, width: number): Pending | Refusal {
    const queues = this.#queues;
    if (queues === undefined) return "concurrency-limit";
    let settle: (outcome: Seat | Refusal) => void = () => undefined;
    const seat = new Promise<Seat | Refusal>((resolve) => {
      settle = resolve;
    });
    const request: WaitingRequest = {
      width,
      hash: flowHash(schema.name, flow),
      schema,
      since: performance.now(),
      granted: settle,
      refused: (why) => {
        request.cancelTimer();
        settle(why);
      },
      cancelTimer: () => undefined,
    };
    const leave = (why: Refusal): void => {
      if (this.#queues?.remove(request) !== true) return;
      schema.waited.observe((performance.now() - request.since) / 1000);
      request.refused(why);
    };
    if (queues.enqueue(request) === undefined) return "queue-full";
    request.cancelTimer = this.#clock.after(this.#waitLimit, () => leave("time-out"));
    schema.waiting++;
    const done = (): void => {
      schema.waiting--;
    };
    seat.then(done, done);
    this.dispatch();
    return { seat, cancel: () => leave("cancelled") };
  }

  released(width: number): void {
    this.seats -= width;
    if (this.waiting > 0) this.dispatch();
  }

  /** Lets in whose turn it is, as long as there is room. Nobody overtakes a wide request that waits for its seats. */
  dispatch(): void {
    const queues = this.#queues;
    while (queues !== undefined && queues.waiting > 0) {
      let queue = queues.peek();
      if (queue === undefined || !this.#fits(queue.requests[0]?.width ?? 0)) return;
      if (!this.#shared.takeTurn(queue.requests[0]?.width ?? 0)) {
        // It only waits for the next turn of the loop: what is small may go in this one.
        queue = queues.peek(1);
        if (queue === undefined || !this.#fits(1)) return;
      }
      const request = queues.dispatch(queue);
      if (request === undefined) return;
      request.cancelTimer();
      request.schema.waited.observe((performance.now() - request.since) / 1000);
      request.granted(this.#take(request.schema, request.width, { of: queues, at: queue }, request));
    }
  }

  #take(
    schema: FlowSchemaState,
    width: number,
    queue?: { readonly of: FairQueues<WaitingRequest>; readonly at: Queue<WaitingRequest> },
    request?: WaitingRequest,
  ): Seat {
    this.seats += width;
    schema.executing++;
    schema.dispatched++;
    return new Seat(schema, this, width, queue, request);
  }

  /** A request wider than the whole level runs when it is alone. */
  #fits(width: number): boolean {
    const { seats, nominal } = this;
    if (seats + width <= nominal || seats === 0) return true;
    // What computes keeps the loop busy whosever seat it has: only what waits may borrow.
    if (width > 1 || seats + width > nominal + this.borrowingLimit) return false;
    return seats + width <= nominal + this.#shared.lentTo(this);
  }
}
