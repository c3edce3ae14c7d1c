/**
 * API Priority and Fairness (KEP-1040; https://kubernetes.io/docs/concepts/cluster-administration/flow-control/): every
 * request finds its FlowSchema, the schema its priority level, and takes seats there, or waits in the level's fair queues.
 *
 * What a seat means in a process with one event loop. A request has its seats from here until its answer is handed to the
 * socket: while it waits for its commit, for its body, for the client to take the next slice of a large list. Computing is
 * never concurrent: whoever has the loop has all of it. So a second thing is shared beside seats, turns of the loop: what is
 * wide (a list of more than a hundred objects) begins only while the turn has budget left, and what waits for the next turn
 * waits in the fair queues, where a small request of somebody else is let past. Watches and streams have a seat until they are
 * established, as in kube-apiserver. In-process clients (controllers, scheduler, this machine's node) are not limited: they
 * have bounded numbers of workers and are the ones for whom the others have to make way.
 *
 * Borrowing needs no controller that adjusts limits every ten seconds: whether others have seats to spare is looked up when a
 * level is full, and what was lent is back when the borrower's request ends.
 */
import type { Clock } from "../../machinery/clock.ts";
import type { FlowSchema, PriorityLevelConfiguration } from "../../machinery/types/flowcontrol/v1.ts";
import type { Attributes } from "../authz/types.ts";
import type { UserInfo } from "../client/types.ts";
import { defaultFlowSchemas, defaultPriorityLevels, mandatory } from "./defaults.ts";
import { FlowSchemaState } from "./flow-schema-state.ts";
import { type Pending, PriorityLevel, type Refusal, Seat, type SharedSeats } from "./priority-level.ts";
import { matcherFor, UserMatcher } from "./schema-matcher.ts";

export interface FlowControlOptions {
  readonly clock: Clock;
  /** Seats of the whole server: --max-requests-inflight and --max-mutating-requests-inflight together. */
  readonly seats: number;
  /** How long a request may wait for its seats, in ms. */
  readonly waitLimit: number;
}

/** Where a request belongs. */
export interface Flow {
  readonly schema: FlowSchemaState;
  readonly level: PriorityLevel;
  readonly matcher: UserMatcher;
  /** What every answer says of it. */
  readonly headers: Readonly<Record<string, string>>;
}

interface UserFlows {
  readonly generation: number;
  readonly flows: readonly Flow[];
}

/** Seats of wide requests that may begin in one turn of the event loop. */
const turnBudget = 10;
const userLimit = 4096;

export class FlowControl implements SharedSeats {
  readonly #options: FlowControlOptions;
  readonly schemas = new Map<string, FlowSchemaState>();
  readonly levels = new Map<string, PriorityLevel>();
  #sorted: readonly FlowSchemaState[] = [];
  #generation = 0;
  readonly #byObject = new WeakMap<UserInfo, UserFlows>();
  readonly #byName = new Map<string, UserFlows>();
  #turnLeft = turnBudget;
  #turnEnds = false;
  #firstLevel = 0;

  constructor(options: FlowControlOptions) {
    this.#options = options;
    for (const level of defaultPriorityLevels()) if (mandatory.has(level.metadata.name ?? "")) this.#level(level);
    for (const schema of defaultFlowSchemas()) if (mandatory.has(schema.metadata.name ?? "")) this.#schema(schema);
    this.#settle();
  }

  /** The store's objects as they come; undefined: it is gone. The mandatory ones never are. */
  setSchema(name: string, object: FlowSchema | undefined): void {
    if (object !== undefined) this.#schema(object);
    else if (!mandatory.has(name)) this.schemas.delete(name);
    this.#settle();
  }

  setLevel(name: string, object: PriorityLevelConfiguration | undefined): void {
    if (object !== undefined) this.#level(object);
    else if (!mandatory.has(name)) this.levels.delete(name);
    this.#settle();
  }

  /** The first schema, by precedence, that matches. Costs two look-ups. */
  flowOf(attributes: Attributes): Flow {
    for (const flow of this.#flowsOf(attributes.user).flows) if (flow.matcher.matches(attributes)) return flow;
    throw new Error("no FlowSchema matches: the mandatory one is missing");
  }

  /** A seat, or somebody to wait for. Throws Refused. */
  enter({ schema, level }: Flow, { user, namespace = "" }: Attributes, width: number): Seat | Pending {
    const seat = level.enter(schema, width);
    if (seat !== undefined) return seat;
    const pending = level.wait(schema, schema.flowOf(user.name, namespace), width);
    if (typeof pending === "string") throw refused(schema, pending);
    return pending;
  }

  /** Rejects with Refused. */
  async seat({ schema }: Flow, pending: Pending): Promise<Seat> {
    const outcome = await pending.seat;
    if (outcome instanceof Seat) return outcome;
    throw refused(schema, outcome);
  }

  lentTo(borrower: PriorityLevel): number {
    let lent = 0;
    for (const level of this.levels.values()) {
      if (level === borrower || level.exempt) continue;
      const free = level.nominal - level.seats;
      lent += free < 0 ? free : Math.min(free, level.lendable);
    }
    return Math.max(0, lent);
  }

  /** All that others would lend if nobody used any of it. */
  lendableBeside(borrower: PriorityLevel): number {
    let lendable = 0;
    for (const level of this.levels.values()) if (level !== borrower) lendable += level.lendable;
    return lendable;
  }

  takeTurn(width: number): boolean {
    if (width <= 1) return true;
    const granted = this.#turnLeft >= width;
    if (granted) this.#turnLeft -= width;
    if (!this.#turnEnds) {
      this.#turnEnds = true;
      setImmediate(() => this.#nextTurn());
    }
    return granted;
  }

  #nextTurn(): void {
    this.#turnEnds = false;
    this.#turnLeft = turnBudget;
    const levels = [...this.levels.values()];
    // Another level is asked first in each turn.
    this.#firstLevel = (this.#firstLevel + 1) % Math.max(1, levels.length);
    for (let i = 0; i < levels.length; i++) levels[(this.#firstLevel + i) % levels.length]?.dispatch();
  }

  #flowsOf(user: UserInfo): UserFlows {
    const held = this.#byObject.get(user);
    if (held?.generation === this.#generation) return held;
    const key = JSON.stringify([user.name, user.groups]);
    let flows = this.#byName.get(key);
    if (flows?.generation !== this.#generation) {
      flows = { generation: this.#generation, flows: this.#candidates(user) };
      if (this.#byName.size >= userLimit) this.#byName.clear();
      this.#byName.set(key, flows);
    }
    this.#byObject.set(user, flows);
    return flows;
  }

  #candidates(user: UserInfo): Flow[] {
    const flows: Flow[] = [];
    for (const schema of this.#sorted) {
      const level = this.levels.get(schema.level);
      const matcher = level && matcherFor(schema.object, user);
      if (level && matcher) flows.push(newFlow(schema, level, matcher));
    }
    const last = this.schemas.get("catch-all");
    const level = this.levels.get("catch-all");
    // Whoever is in no group at all belongs here too.
    if (last && level && !flows.some(({ schema }) => schema === last)) {
      flows.push(newFlow(last, level, everything));
    }
    return flows;
  }

  #schema(object: FlowSchema): void {
    const name = object.metadata.name ?? "";
    const known = this.schemas.get(name);
    if (known) known.set(object);
    else this.schemas.set(name, new FlowSchemaState(object));
  }

  #level(object: PriorityLevelConfiguration): void {
    const { name = "", uid = "" } = object.metadata;
    let level = this.levels.get(name);
    if (level === undefined) {
      level = new PriorityLevel(name, this, this.#options.clock, this.#options.waitLimit);
      this.levels.set(name, level);
    }
    level.configure(uid, object.spec ?? { type: "Limited" });
  }

  #settle(): void {
    this.#generation++;
    this.#sorted = [...this.schemas.values()].sort((a, b) => a.precedence - b.precedence || (a.name < b.name ? -1 : 1));
    let shares = 0;
    for (const level of this.levels.values()) shares += level.shares;
    for (const level of this.levels.values()) {
      level.nominal = shares === 0 ? 0 : Math.ceil((this.#options.seats * level.shares) / shares);
      level.dispatch();
    }
  }
}

const everything = new UserMatcher([], true);

function newFlow(schema: FlowSchemaState, level: PriorityLevel, matcher: UserMatcher): Flow {
  const headers = {
    "x-kubernetes-pf-flowschema-uid": schema.uid,
    "x-kubernetes-pf-prioritylevel-uid": level.uid,
  };
  return { schema, level, matcher, headers };
}

function refused(schema: FlowSchemaState, why: Refusal): Refused {
  schema.rejected[why]++;
  return new Refused(why);
}

/** 429: nothing was done, the client may come again. */
export class Refused extends Error {
  override name = "Refused";
  readonly why: Refusal;
  constructor(why: Refusal) {
    super(`flow control: ${why}`);
    this.why = why;
  }
}
