/** The agent's connection to a server on another host: dialled, and dialled again for as long as it takes. */
import { mkdir } from "node:fs/promises";
import { type AgentLink, LinkError } from "../../../proto/agent.ts";
import { DesiredMirror } from "./desired-mirror.ts";
import { followDesired } from "./follow.ts";
import { remoteServer } from "./remote-server.ts";
import { servePodStream } from "./serve-stream.ts";
import { Session, type SessionEnd } from "./session.ts";
import { StateLog } from "./state-log.ts";
import type { ConnectionState, ConnectOptions, ServerConnection } from "./types.ts";

const firstRetry = 250;
/** A way that was cut for minutes is found again so soon. */
const lastRetry = 5000;
/** A refusal has a cure on one side or the other: whoever comes back to it finds the agent there. */
const refusedRetry = 60_000;
/** A connection that lasted so long was a good one: the next dial is made soon. */
const steady = 10_000;
/** How long a call waits for a connection. */
const patience = 5000;

/** Returns at once and dials for as long as it takes. */
export function connectServer(options: ConnectOptions): ServerConnection {
  return new Connection(options);
}

class Connection implements ServerConnection {
  readonly link: ServerConnection["link"];
  readonly #options: ConnectOptions;
  readonly #mirror: DesiredMirror;
  readonly #handlers = new Set<(state: ConnectionState) => void>();
  readonly #waiting = new Set<(session: Session | undefined) => void>();
  #state: ConnectionState = { phase: "connecting" };
  #session: Session | undefined;
  /** Being dialled, or in use. */
  #current: Session | undefined;
  #agent: AgentLink | undefined;
  #retry = firstRetry;
  #cancel: () => void = () => undefined;
  #unfollow: () => void = () => undefined;
  #redialling = false;
  readonly #opened: Promise<void>;

  constructor(options: ConnectOptions) {
    this.#options = options;
    const { log, stateDir } = options;
    this.#mirror = new DesiredMirror({
      ...(stateDir === undefined ? {} : { kept: new StateLog(stateDir, log) }),
      changed: () => this.#follow(),
    });
    this.link = remoteServer(() => this.#connected(), this.#mirror);
    this.#opened = this.#begin();
  }

  get state(): ConnectionState {
    return this.#state;
  }

  onState(handler: (state: ConnectionState) => void): () => void {
    this.#handlers.add(handler);
    return () => this.#handlers.delete(handler);
  }

  serve(agent: AgentLink): void {
    this.#agent = agent;
  }

  redial(): void {
    if (this.#state.phase === "closed") return;
    this.#redialling = true;
    if (this.#current) this.#current.close("the agent dials anew");
    else this.#dial();
  }

  async close(): Promise<void> {
    if (this.#state.phase === "closed") return;
    this.#set({ phase: "closed" });
    this.#cancel();
    this.#current?.close("the agent has ended the connection");
    this.#answerWaiting(undefined);
    await this.#opened;
    await this.#mirror.close();
  }

  async #begin(): Promise<void> {
    const { log, stateDir } = this.#options;
    try {
      if (stateDir !== undefined) await mkdir(stateDir, { recursive: true, mode: 0o700 });
      await this.#mirror.load();
    } catch (error) {
      log.warn({ err: error }, "the desired state of the last time cannot be read");
    }
    this.#dial();
  }

  #dial(): void {
    if (this.#state.phase === "closed") return;
    this.#cancel();
    this.#redialling = false;
    let ended = false;
    try {
      const session = new Session(this.#options, {
        connected: (serverVersion) => this.#established(session, serverVersion),
        open: (request) => servePodStream(session, request, this.#agent),
        ended: (end) => {
          ended = true;
          this.#lost(end);
        },
      });
      if (!ended) this.#current = session;
    } catch (error) {
      this.#lost({ kind: "lost", reason: (error as Error).message });
    }
  }

  #established(session: Session, serverVersion: string): void {
    this.#session = session;
    this.#cancel = this.#options.clock.after(steady, () => {
      this.#retry = firstRetry;
    });
    this.#set({ phase: "connected", serverVersion });
    this.#follow();
    this.#answerWaiting(session);
  }

  #lost({ kind, reason }: SessionEnd): void {
    this.#session = undefined;
    this.#current = undefined;
    this.#unfollow();
    this.#cancel();
    if (this.#state.phase === "closed") return;
    const { clock, log, url } = this.#options;
    if (kind === "refused") {
      if (this.#state.phase !== "refused") log.error({ server: url }, `the server refuses this agent: ${reason}`);
      this.#set({ phase: "refused", reason });
      this.#retry = refusedRetry;
    } else {
      const told = this.#state.phase === "connecting" && this.#state.error !== undefined;
      log[told ? "debug" : "warn"]({ server: url, reason }, "no connection to the server");
      this.#set({ phase: "connecting", error: reason });
    }
    this.#mirror.unreachable();
    if (this.#redialling) return void this.#dial();
    // Half of it is chance: a server that comes back does not meet all its agents at once.
    const delay = this.#retry * (0.5 + Math.random() / 2);
    this.#retry = kind === "refused" ? firstRetry : Math.min(lastRetry, this.#retry * 2);
    this.#cancel = clock.after(delay, () => this.#dial());
  }

  #follow(): void {
    this.#unfollow();
    const { log } = this.#options;
    this.#unfollow =
      this.#session && this.#mirror.wanted.length > 0 ? followDesired(this.#session, this.#mirror, log) : noop;
  }

  #connected(): Promise<Session> {
    if (this.#session) return Promise.resolve(this.#session);
    if (this.#state.phase === "refused") return Promise.reject(new LinkError("Unavailable", this.#state.reason));
    return new Promise((resolve, reject) => {
      const settle = (session: Session | undefined): void => {
        cancel();
        this.#waiting.delete(settle);
        if (session) resolve(session);
        else reject(new LinkError("Unavailable", `the server at ${this.#options.url} cannot be reached`));
      };
      const cancel = this.#options.clock.after(patience, () => settle(undefined));
      this.#waiting.add(settle);
      if (this.#state.phase === "closed") settle(undefined);
    });
  }

  #answerWaiting(session: Session | undefined): void {
    for (const settle of [...this.#waiting]) settle(session);
  }

  #set(state: ConnectionState): void {
    this.#state = state;
    for (const handler of [...this.#handlers]) handler(state);
  }
}

const noop = (): void => undefined;
