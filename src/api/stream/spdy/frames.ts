/** The frames of SPDY/3.1 on the wire: https://www.chromium.org/spdy/spdy-protocol/spdy-protocol-draft3-1/ */

export const control = {
  synStream: 1,
  synReply: 2,
  rstStream: 3,
  ping: 6,
  goAway: 7,
  headers: 8,
} as const;

export const flagFin = 1;
export const flagUnidirectional = 2;

export const rstStatus = { protocolError: 1, refusedStream: 3, cancel: 5, internalError: 6 } as const;

export type Frame =
  | { readonly kind: "control"; readonly type: number; readonly flags: number; readonly payload: Buffer }
  /** A piece of a data frame, as it arrived: a frame may be up to 16 MB, and need not be whole in memory. */
  | { readonly kind: "data"; readonly streamId: number; readonly payload: Buffer; readonly fin: boolean };

/** Control frames hold a few headers; anything larger is not meant well. */
const maxControl = 64 << 10;

/** Cuts a byte stream into frames, however it is chunked. Throws for what is not SPDY/3. */
export class FrameReader {
  #rest = Buffer.alloc(0);
  /** What is left of the data frame that is being read. */
  #data: { readonly streamId: number; readonly fin: boolean; left: number } | undefined;

  *read(chunk: Buffer): Generator<Frame> {
    let bytes = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
    for (;;) {
      if (this.#data) {
        const { streamId, fin, left } = this.#data;
        const payload = bytes.subarray(0, left);
        if (payload.length === 0 && left > 0) break;
        bytes = bytes.subarray(payload.length);
        this.#data.left -= payload.length;
        const last = this.#data.left === 0;
        if (last) this.#data = undefined;
        yield { kind: "data", streamId, payload, fin: fin && last };
        continue;
      }
      if (bytes.length < 8) break;
      const word = bytes.readUInt32BE(0);
      const flags = bytes.readUInt8(4);
      const length = bytes.readUIntBE(5, 3);
      if (word >>> 31 === 0) {
        bytes = bytes.subarray(8);
        this.#data = { streamId: word, fin: (flags & flagFin) !== 0, left: length };
        continue;
      }
      if (((word >>> 16) & 0x7fff) !== 3) throw new Error(`not a frame of SPDY/3: ${bytes.toString("hex", 0, 8)}`);
      if (length > maxControl) throw new Error(`a control frame of ${length} bytes is too large`);
      if (bytes.length < 8 + length) break;
      yield { kind: "control", type: word & 0xffff, flags, payload: bytes.subarray(8, 8 + length) };
      bytes = bytes.subarray(8 + length);
    }
    // A copy: the chunk that it came in may be large, and would live as long.
    this.#rest = bytes.length > 0 ? Buffer.from(bytes) : Buffer.alloc(0);
  }
}

export function controlFrame(type: number, flags: number, ...payload: (number | Buffer)[]): Buffer {
  const body = Buffer.concat(payload.map((part) => (typeof part === "number" ? uint32(part) : part)));
  const head = Buffer.alloc(8);
  head.writeUInt32BE((0x80030000 | type) >>> 0, 0);
  head.writeUInt8(flags, 4);
  head.writeUIntBE(body.length, 5, 3);
  return Buffer.concat([head, body]);
}

/** `length` below 16 MB; the payload follows by itself. */
export function dataHead(streamId: number, fin: boolean, length: number): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(streamId, 0);
  head.writeUInt8(fin ? flagFin : 0, 4);
  head.writeUIntBE(length, 5, 3);
  return head;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
}
