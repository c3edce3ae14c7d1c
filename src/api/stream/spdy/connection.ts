/**
 * The server's end of a SPDY/3.1 connection, as far as kubectl and the client libraries use it: streams that the client
 * opens, data both ways, half-close, reset, ping and goaway. Windows are neither kept nor sent: Kubernetes' clients do not
 * know of them (they would wait for updates that never come). What holds a fast sender back is the socket: it is not read
 * while the reader of a stream lags behind, so one stalled stream can hold up the others, as in Kubernetes itself.
 */
import type { Duplex } from "node:stream";
import {
  control,
  controlFrame,
  dataHead,
  type Frame,
  FrameReader,
  flagFin,
  flagUnidirectional,
  rstStatus,
} from "./frames.ts";
import { HeaderReader, HeaderWriter } from "./headers.ts";
import { SpdyStream } from "./stream.ts";

/** No client of Kubernetes opens more at a time. */
const maxStreams = 4096;
const maxFrame = 1 << 20;

export interface SpdyOptions {
  readonly transport: Duplex;
  /** Called for every stream after it was accepted. Destroying it resets it. */
  readonly onStream: (stream: SpdyStream) => void;
}

export class SpdyConnection {
  /** Resolves when the connection is over, for whatever reason; all streams are closed then. */
  readonly closed: Promise<void>;
  readonly #transport: Duplex;
  readonly #onStream: (stream: SpdyStream) => void;
  readonly #streams = new Map<number, SpdyStream>();
  readonly #frames = new FrameReader();
  readonly #headerReader = new HeaderReader();
  readonly #headerWriter = new HeaderWriter();
  #lastStreamId = 0;
  #pings = 0;

  constructor({ transport, onStream }: SpdyOptions) {
    this.#transport = transport;
    this.#onStream = onStream;
    // What fails is noticed by whoever reads; a failing write alone must not end the process.
    transport.on("error", () => undefined);
    this.closed = this.#run();
  }

  /** Says that no new streams are taken and ends the connection after what is written. */
  close(): void {
    if (this.#transport.writableEnded || this.#transport.destroyed) return;
    this.#transport.end(controlFrame(control.goAway, 0, this.#lastStreamId, 0));
  }

  /** Ends it at once. */
  destroy(): void {
    this.#transport.destroy();
  }

  /** Keeps the connection alive through proxies, and finds out when the client is gone. */
  ping(): void {
    this.#pings += 2;
    this.#write(controlFrame(control.ping, 0, this.#pings));
  }

  /** For SpdyStream. */
  sendData(streamId: number, payload: Buffer, done: (error?: Error | null) => void): void {
    for (let at = 0; at < payload.length; at += maxFrame) {
      const part = payload.subarray(at, at + maxFrame);
      this.#transport.cork();
      this.#write(dataHead(streamId, false, part.length));
      this.#write(part, at + maxFrame >= payload.length ? done : undefined);
      this.#transport.uncork();
    }
    if (payload.length === 0) done();
  }

  sendFin(streamId: number, done: (error?: Error | null) => void): void {
    this.#write(dataHead(streamId, true, 0), done);
  }

  /** `reset`: the stream ends before its time on one side. */
  streamClosed(streamId: number, reset: boolean): void {
    if (!this.#streams.delete(streamId)) return;
    if (reset) this.#write(controlFrame(control.rstStream, 0, streamId, rstStatus.cancel));
  }

  #write(bytes: Buffer, done?: (error?: Error | null) => void): void {
    if (this.#transport.destroyed || this.#transport.writableEnded) done?.(new Error("the connection is closed"));
    else this.#transport.write(bytes, done);
  }

  async #run(): Promise<void> {
    let reason: Error | undefined;
    try {
      for await (const chunk of this.#transport as AsyncIterable<Buffer>) {
        for (const frame of this.#frames.read(chunk)) await this.#handle(frame);
      }
    } catch (error) {
      reason = error as Error;
    }
    this.#headerReader.close();
    for (const stream of this.#streams.values())
      stream.destroy(reason ?? new Error("the client closed the connection"));
    this.#streams.clear();
    this.#transport.destroy();
  }

  async #handle(frame: Frame): Promise<void> {
    if (frame.kind === "data") {
      const stream = this.#streams.get(frame.streamId);
      if (frame.payload.length > 0) await stream?.receive(frame.payload);
      if (frame.fin) stream?.receiveEnd();
      return;
    }
    const { type, flags, payload } = frame;
    switch (type) {
      case control.synStream:
        return await this.#open(payload, flags);
      case control.headers:
      case control.synReply:
        // Their headers mean nothing here, but the zlib stream must not miss them.
        await this.#headerReader.read(payload.subarray(4));
        return;
      case control.rstStream:
        this.#streams.get(payload.readUInt32BE(0) & 0x7fffffff)?.receiveReset();
        return;
      case control.ping:
        // Odd ones are the client's questions, even ones its answers.
        if (payload.readUInt32BE(0) & 1) this.#write(controlFrame(control.ping, 0, payload));
        return;
      default:
        return;
    }
  }

  async #open(payload: Buffer, flags: number): Promise<void> {
    const streamId = payload.readUInt32BE(0) & 0x7fffffff;
    const headers = await this.#headerReader.read(payload.subarray(10));
    if (streamId % 2 === 0 || streamId <= this.#lastStreamId) {
      this.#write(controlFrame(control.rstStream, 0, streamId, rstStatus.protocolError));
      return;
    }
    this.#lastStreamId = streamId;
    if (this.#streams.size >= maxStreams) {
      this.#write(controlFrame(control.rstStream, 0, streamId, rstStatus.refusedStream));
      return;
    }
    const stream = new SpdyStream(streamId, headers, this);
    this.#streams.set(streamId, stream);
    // First of all, since clients drop data of streams that were not replied to.
    this.#write(controlFrame(control.synReply, 0, streamId, this.#headerWriter.write(new Map())));
    if (flags & flagFin) stream.receiveEnd();
    if (flags & flagUnidirectional) stream.end();
    this.#onStream(stream);
  }
}
