/**
 * One connected agent, from its greeting to the end of its connection. It counts as gone when nothing has been heard of it
 * for a while: a silent partition closes no socket.
 */
import { randomUUID } from "node:crypto";
import type { TLSSocket } from "node:tls";
import { type AgentLink, LinkError, type ServerLink } from "../../../proto/agent.ts";
import type { FromServer, Open } from "../../../proto/wire/messages.ts";
import type { Clock } from "../../machinery/clock.ts";
import type { OpenedStream, ServeCall } from "./pod-stream.ts";
import { lost, remoteAgent } from "./remote-agent.ts";

/** The agent pings every 5 s. */
const silence = 20_000;
const openTimeout = 10_000;
/** For the reason of an end to reach the agent. */
const lastWord = 500;

interface Waiting {
  readonly resolve: (stream: OpenedStream) => void;
  readonly reject: (error: Error) => void;
}

/** gRPC's names: a newer connection is there (or the server ends), or the versions do not work together. */
export type EndCode = "ABORTED" | "FAILED_PRECONDITION";

export interface ControlCall {
  write(message: Partial<FromServer>): boolean;
  /** Tells the agent why, as the last word. */
  end(code: EndCode, reason: string): void;
}

export interface AgentConnectionOptions {
  readonly nodeName: string;
  readonly link: ServerLink;
  readonly socket: Pick<TLSSocket, "destroy">;
  readonly clock: Clock;
}

export class AgentConnection {
  readonly nodeName: string;
  readonly link: ServerLink;
  readonly agent: AgentLink;
  readonly #socket: Pick<TLSSocket, "destroy">;
  readonly #clock: Clock;
  readonly #waiting = new Map<string, Waiting>();
  #control: ControlCall | undefined;
  #cancelSilence: () => void = () => undefined;
  #greeted = false;
  #closed = false;
  #closeHandlers: (() => void)[] = [];

  constructor({ nodeName, link, socket, clock }: AgentConnectionOptions) {
    this.nodeName = nodeName;
    this.link = link;
    this.#socket = socket;
    this.#clock = clock;
    this.agent = remoteAgent(nodeName, (request, signal) => this.#open(request, signal));
  }

  /** Whether the agent may call. */
  get greeted(): boolean {
    return this.#greeted;
  }

  /** The agent listens to this call from now on. */
  attach(control: ControlCall): void {
    this.#control = control;
    this.heard();
  }

  greet(): void {
    this.#greeted = true;
  }

  /** A sign of life. */
  heard(): void {
    if (this.#closed) return;
    this.#cancelSilence();
    this.#cancelSilence = this.#clock.after(silence, () => this.close());
  }

  /** The agent has opened the stream of this id. False: nobody waits for it (any more). */
  opened(id: string, call: ServeCall): boolean {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    waiting?.resolve({ call, cancel: () => this.#control?.write({ cancel: id }) });
    return waiting !== undefined;
  }

  onClose(handler: () => void): void {
    this.#closeHandlers.push(handler);
  }

  /** `reason`: what the agent is told before the connection ends. */
  close(reason?: string, code: EndCode = "ABORTED"): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#cancelSilence();
    for (const { reject } of [...this.#waiting.values()]) reject(lost(this.nodeName));
    for (const handler of this.#closeHandlers.splice(0)) handler();
    if (reason !== undefined && this.#control) {
      this.#control.end(code, reason);
      this.#clock.after(lastWord, () => this.#socket.destroy());
    } else this.#socket.destroy();
  }

  #open(request: Partial<Open>, signal: AbortSignal): Promise<OpenedStream> {
    const control = this.#control;
    if (this.#closed || !control) return Promise.reject(lost(this.nodeName));
    const id = randomUUID();
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        cancel();
        signal.removeEventListener("abort", abort);
        this.#waiting.delete(id);
      };
      const fail = (error: Error): void => {
        settle();
        reject(error);
      };
      const abort = (): void => fail(new LinkError("Unavailable", "the request was cancelled"));
      const cancel = this.#clock.after(openTimeout, () =>
        fail(new LinkError("Unavailable", `the agent of node ${JSON.stringify(this.nodeName)} does not answer`)),
      );
      if (signal.aborted) return abort();
      signal.addEventListener("abort", abort, { once: true });
      this.#waiting.set(id, {
        resolve(stream) {
          settle();
          resolve(stream);
        },
        reject: fail,
      });
      control.write({ open: { ...emptyOpen, ...request, id } });
    });
  }
}

const emptyOpen: Open = {
  id: "",
  method: "",
  pod: undefined,
  options: Buffer.alloc(0),
  stdin: false,
  stdout: false,
  stderr: false,
  resize: false,
};
