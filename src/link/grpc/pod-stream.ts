/** The server's end of one stream with a pod: what the agent's Serve call brings and takes, both at the reader's pace. */
import { once } from "node:events";
import type { Writable } from "node:stream";
import { LinkError } from "../../../proto/agent.ts";
import { errorOf } from "../../../proto/wire/error-form.ts";
import type { FromPod, ToPod } from "../../../proto/wire/messages.ts";

/** A Serve call, as gRPC gives it: a stream of messages in both directions. */
export interface ServeCall {
  readonly cancelled: boolean;
  on(event: "data", listener: (message: FromPod) => void): unknown;
  on(event: "end" | "cancelled" | "drain", listener: () => void): unknown;
  on(event: "error", listener: (error: Error) => void): unknown;
  once(event: "drain" | "cancelled", listener: () => void): unknown;
  off(event: "drain" | "cancelled", listener: () => void): unknown;
  pause(): unknown;
  resume(): unknown;
  write(message: Partial<ToPod>): boolean;
  end(): unknown;
}

/** A stream as the agent has opened it; `cancel` has it ended there at once, though nobody may read it. */
export interface OpenedStream {
  readonly call: ServeCall;
  cancel(): void;
}

export interface PodStreamEvents {
  started(): void;
  stdout(chunk: Buffer): void;
  stderr(chunk: Buffer): void;
  /** A NodeStats as JSON. */
  stats?(json: Buffer): void;
  /** Nothing more comes from the pod; it may still be written to. */
  ended(): void;
  /** The pod's side is over for good; `error`: it broke off, or could not begin. */
  over(result: { readonly exitCode?: number } | undefined, error: Error | undefined): void;
}

export class PodStream {
  readonly #call: ServeCall;
  readonly #cancel: () => void;
  #over = false;

  constructor({ call, cancel }: OpenedStream, events: PodStreamEvents) {
    this.#call = call;
    this.#cancel = cancel;
    const over: PodStreamEvents["over"] = (result, error) => {
      if (this.#over) return;
      this.#over = true;
      events.over(result, error);
      call.end();
    };
    call.on("data", (message) => {
      if (this.#over) return;
      if (message.started) events.started();
      if (message.stdout.length > 0) events.stdout(message.stdout);
      if (message.stderr.length > 0) events.stderr(message.stderr);
      if (message.stats.length > 0) {
        events.stats?.(message.stats);
        over(undefined, undefined);
      } else if (message.failure) over(undefined, errorOf(message.failure));
      else if (message.exit) over(message.exit.code === undefined ? {} : { exitCode: message.exit.code }, undefined);
      else if (message.end) {
        ended = true;
        events.ended();
      }
    });
    let ended = false;
    const lost = (): void =>
      over(undefined, new LinkError("Unavailable", "the connection to the node's agent was lost"));
    call.on("end", () => (ended ? over(undefined, undefined) : lost()));
    call.on("cancelled", lost);
    if (call.cancelled) lost();
    call.on("error", lost);
    call.resume();
  }

  pause(): void {
    this.#call.pause();
  }

  resume(): void {
    this.#call.resume();
  }

  /** Resolves when there is room for more. */
  async send(message: Partial<ToPod>): Promise<void> {
    if (this.#over || this.#call.write(message)) return;
    const abort = new AbortController();
    const gone = (): void => abort.abort();
    this.#call.once("cancelled", gone);
    try {
      await once(this.#call as unknown as NodeJS.EventEmitter, "drain", { signal: abort.signal });
    } catch {
      // The stream is over; that is told where it is read.
    } finally {
      this.#call.off("cancelled", gone);
    }
  }

  /** Nobody wants it any more: the agent is told. */
  close(): void {
    if (this.#over) return;
    this.#over = true;
    this.#cancel();
    this.#call.resume();
    this.#call.end();
  }
}

/** Writes to a client at its pace: what comes faster waits at the agent. */
export function writeAtItsPace(stream: { pause(): void; resume(): void }, target: Writable, chunk: Buffer): void {
  if (target.destroyed || target.writableEnded) return;
  if (target.write(chunk)) return;
  stream.pause();
  const go = (): void => {
    target.off("drain", go);
    target.off("close", go);
    stream.resume();
  };
  target.once("drain", go);
  target.once("close", go);
}
