import { Duplex } from "node:stream";
import type { Headers } from "./headers.ts";

/** What a stream needs of its connection. */
export interface SpdySender {
  sendData(streamId: number, payload: Buffer, done: (error?: Error | null) => void): void;
  sendFin(streamId: number, done: (error?: Error | null) => void): void;
  streamClosed(streamId: number, reset: boolean): void;
}

/** One stream: end() closes this side alone, destroy() resets it. A reset by the client is an error of the stream. */
export class SpdyStream extends Duplex {
  readonly id: number;
  /** As the client opened it with; names in lower case. */
  readonly headers: Headers;
  readonly #sender: SpdySender;
  #peerEnded = false;
  #peerReset = false;
  /** Waits for the reader to catch up. */
  #caughtUp: (() => void) | undefined;

  constructor(id: number, headers: Headers, sender: SpdySender) {
    super({ allowHalfOpen: true, readableHighWaterMark: 256 << 10, writableHighWaterMark: 64 << 10 });
    this.id = id;
    this.headers = headers;
    this.#sender = sender;
    // Whoever uses the stream may not listen; an end that nobody waits for must not end the process.
    this.on("error", () => undefined);
  }

  /** For the connection: resolves when more may come. */
  async receive(payload: Buffer): Promise<void> {
    if (this.destroyed || this.#peerEnded || this.push(payload)) return;
    await new Promise<void>((resolve) => {
      this.#caughtUp = resolve;
    });
  }

  receiveEnd(): void {
    if (this.#peerEnded) return;
    this.#peerEnded = true;
    this.push(null);
  }

  receiveReset(): void {
    this.#peerReset = true;
    this.destroy(new Error("the client reset the stream"));
  }

  override _read(): void {
    this.#caughtUp?.();
    this.#caughtUp = undefined;
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#sender.sendData(this.id, chunk, done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#sender.sendFin(this.id, done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    const whole = this.#peerEnded && this.writableFinished;
    this.#sender.streamClosed(this.id, !whole && !this.#peerReset);
    this._read();
    done(error);
  }
}
