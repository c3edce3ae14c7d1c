/** Several streams in one WebSocket: every message begins with the number of its channel. */
import { Readable, Writable } from "node:stream";
import type { WebSocket } from "ws";

/** In v5: the client closes one of its channels, the number of which follows. */
const closeChannel = 255;

export interface ChannelOptions {
  /** Messages are text: a digit, then base64. */
  readonly base64: boolean;
  /** Whether the client can close a channel (v5). */
  readonly closable: boolean;
}

export class Channels {
  /** Resolves when the connection is over, for whatever reason. */
  readonly closed: Promise<void>;
  readonly #webSocket: WebSocket;
  readonly #options: ChannelOptions;
  readonly #readers = new Map<number, Readable>();
  /** Channels whose reader lags behind: while there is one, nothing is read from the socket. */
  readonly #full = new Set<number>();

  constructor(webSocket: WebSocket, options: ChannelOptions) {
    this.#webSocket = webSocket;
    this.#options = options;
    webSocket.on("message", (data: Buffer) => this.#receive(data));
    webSocket.on("error", () => webSocket.terminate());
    this.closed = new Promise((resolve) => {
      webSocket.once("close", () => {
        for (const channel of [...this.#readers.keys()]) this.#end(channel);
        resolve();
      });
    });
  }

  readable(channel: number): Readable {
    const reader = new Readable({
      highWaterMark: 256 << 10,
      read: () => this.#resume(channel),
      destroy: (error, done) => {
        this.#readers.delete(channel);
        this.#resume(channel);
        done(error);
      },
    });
    this.#readers.set(channel, reader);
    return reader;
  }

  /** Ending it tells the client nothing: the protocol has no word for that. */
  writable(channel: number): Writable {
    return new Writable({
      highWaterMark: 256 << 10,
      write: (chunk: Buffer, _encoding, done) => this.#send(channel, chunk, done),
      writev: (chunks, done) => this.#send(channel, Buffer.concat(chunks.map(({ chunk }) => chunk as Buffer)), done),
    }).on("error", () => undefined);
  }

  close(): void {
    this.#webSocket.close(1000);
  }

  terminate(): void {
    this.#webSocket.terminate();
  }

  #send(channel: number, chunk: Buffer, done: (error?: Error | null) => void): void {
    if (this.#webSocket.readyState !== this.#webSocket.OPEN) done(new Error("the connection is closed"));
    else if (this.#options.base64)
      this.#webSocket.send(`${channel}${chunk.toString("base64")}`, { binary: false }, done);
    else this.#webSocket.send(Buffer.concat([Buffer.of(channel), chunk]), { binary: true }, done);
  }

  #receive(data: Buffer): void {
    const { base64, closable } = this.#options;
    const first = data[0];
    if (first === undefined) return;
    if (closable && first === closeChannel) {
      this.#end(data[1] ?? -1);
      return;
    }
    const channel = base64 ? first - 0x30 : first;
    const payload = base64 ? Buffer.from(data.toString("latin1", 1), "base64") : data.subarray(1);
    const reader = this.#readers.get(channel);
    if (!reader || payload.length === 0 || reader.push(payload)) return;
    this.#full.add(channel);
    this.#webSocket.pause();
  }

  /** What the client sends on it from now on is dropped. */
  #end(channel: number): void {
    this.#readers.get(channel)?.push(null);
    this.#readers.delete(channel);
  }

  #resume(channel: number): void {
    if (this.#full.delete(channel) && this.#full.size === 0) this.#webSocket.resume();
  }
}
