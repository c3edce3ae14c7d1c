/** The client's end of SPDY/3.1, for tests: written against the specification, with real zlib in both directions. */
import { once } from "node:events";
import type { Duplex } from "node:stream";
import { constants, createDeflate, createInflate } from "node:zlib";
import { dictionary } from "../../../src/api/stream/spdy/dictionary.ts";

export interface ClientStream {
  readonly id: number;
  received: Buffer;
  replied: boolean;
  ended: boolean;
  reset: number | undefined;
}

export class SpdyClient {
  readonly streams = new Map<number, ClientStream>();
  readonly pongs: number[] = [];
  readonly pings: number[] = [];
  goneAway = false;
  ended = false;
  readonly #transport: Duplex;
  readonly #deflate = createDeflate({ dictionary, flush: constants.Z_SYNC_FLUSH });
  readonly #inflate = createInflate({ dictionary, flush: constants.Z_SYNC_FLUSH });
  #nextId = 1;
  #buffer = Buffer.alloc(0);

  constructor(transport: Duplex) {
    this.#transport = transport;
    this.#inflate.resume();
    transport.on("data", (chunk: Buffer) => this.#feed(chunk));
    transport.on("end", () => {
      this.ended = true;
    });
    transport.on("error", () => undefined);
  }

  async open(headers: Record<string, string>, flags = 0): Promise<ClientStream> {
    const id = this.#nextId;
    this.#nextId += 2;
    const parts = [uint32(Object.keys(headers).length)];
    for (const text of Object.entries(headers).flat()) parts.push(uint32(Buffer.byteLength(text)), Buffer.from(text));
    const compressed = once(this.#deflate, "data") as Promise<[Buffer]>;
    this.#deflate.write(Buffer.concat(parts));
    const [block] = await compressed;
    const stream: ClientStream = { id, received: Buffer.alloc(0), replied: false, ended: false, reset: undefined };
    this.streams.set(id, stream);
    this.control(1, flags, Buffer.concat([uint32(id), uint32(0), Buffer.from([0, 0]), block]));
    return stream;
  }

  control(type: number, flags: number, body: Buffer): void {
    const head = Buffer.from([0x80, 3, 0, type, flags, 0, 0, 0]);
    head.writeUIntBE(body.length, 5, 3);
    this.#transport.write(Buffer.concat([head, body]));
  }

  data(id: number, body: Buffer | string, fin = false): boolean {
    const bytes = Buffer.from(body);
    const head = Buffer.alloc(8);
    head.writeUInt32BE(id);
    head.writeUInt8(fin ? 1 : 0, 4);
    head.writeUIntBE(bytes.length, 5, 3);
    return this.#transport.write(Buffer.concat([head, bytes]));
  }

  reset(id: number): void {
    this.control(3, 0, Buffer.concat([uint32(id), uint32(5)]));
  }

  ping(id: number): void {
    this.control(6, 0, uint32(id));
  }

  #feed(chunk: Buffer): void {
    this.#buffer = Buffer.concat([this.#buffer, chunk]);
    while (this.#buffer.length >= 8) {
      const length = this.#buffer.readUIntBE(5, 3);
      if (this.#buffer.length < 8 + length) return;
      this.#frame(this.#buffer.readUInt32BE(0), this.#buffer.readUInt8(4), this.#buffer.subarray(8, 8 + length));
      this.#buffer = this.#buffer.subarray(8 + length);
    }
  }

  #frame(word: number, flags: number, body: Buffer): void {
    if (word >>> 31 === 0) {
      const stream = this.streams.get(word);
      if (!stream?.replied) throw new Error(`data before the reply of stream ${word}`);
      stream.received = Buffer.concat([stream.received, body]);
      if (flags & 1) stream.ended = true;
      return;
    }
    const type = word & 0xffff;
    const id = body.readUInt32BE(0);
    const stream = this.streams.get(id);
    if (type === 2 && stream) {
      stream.replied = true;
      this.#inflate.write(body.subarray(4));
    } else if (type === 3 && stream) stream.reset = body.readUInt32BE(4);
    else if (type === 6) (id % 2 ? this.pongs : this.pings).push(id);
    else if (type === 7) this.goneAway = true;
  }
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
