/** Protobuf's wire format, read from the front. Throws ProtobufError for what is cut off or malformed. */

export class ProtobufError extends Error {
  override name = "ProtobufError";
}

export class ProtobufReader {
  readonly #bytes: Buffer;
  #at: number;
  readonly #end: number;

  constructor(bytes: Buffer, start = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
  }

  get done(): boolean {
    return this.#at >= this.#end;
  }

  /** `number << 3 | wire`, with a number of at least 1. */
  tag(): number {
    const tag = this.#length("tag");
    if (tag < 8) throw new ProtobufError(`illegal tag 0 (wire type ${tag})`);
    return tag;
  }

  /** 64 bits, unsigned. */
  varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw new ProtobufError("integer overflow");
  }

  /** As Go's int32: what is longer loses its upper bits. */
  int32(): number {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.#byte();
      if (shift < 32) value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value | 0;
    }
    throw new ProtobufError("integer overflow");
  }

  /** As JSON has it: beyond 2^53 it is the nearest double. */
  int64(): number {
    const start = this.#at;
    const first = this.#byte();
    if (first < 0x80) return first;
    this.#at = start;
    return Number(BigInt.asIntN(64, this.varint()));
  }

  bool(): boolean {
    return this.varint() !== 0n;
  }

  bytes(): Buffer {
    const length = this.#length("length");
    const from = this.#take(length);
    return this.#bytes.subarray(from, from + length);
  }

  string(): string {
    const length = this.#length("length");
    const from = this.#take(length);
    return this.#bytes.toString("utf8", from, from + length);
  }

  /** A reader of the message that comes next. */
  message(): ProtobufReader {
    const length = this.#length("length");
    const from = this.#take(length);
    return new ProtobufReader(this.#bytes, from, from + length);
  }

  double(): number {
    return this.#bytes.readDoubleLE(this.#take(8));
  }

  /** Steps over a field of no interest. */
  skip(wire: number): void {
    switch (wire) {
      case 0:
        this.varint();
        return;
      case 1:
        this.#take(8);
        return;
      case 2:
        this.#take(this.#length("length"));
        return;
      case 5:
        this.#take(4);
        return;
      default:
        throw new ProtobufError(`illegal wireType ${wire}`);
    }
  }

  #byte(): number {
    if (this.#at >= this.#end) throw new ProtobufError("unexpected EOF");
    return this.#bytes[this.#at++] as number;
  }

  /** A tag or a length: 31 bits are more than any body has. */
  #length(what: string): number {
    let value = 0;
    for (let factor = 1; factor <= 2 ** 28; factor *= 128) {
      const byte = this.#byte();
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) {
        if (value > 0x7fffffff) break;
        return value;
      }
    }
    throw new ProtobufError(`invalid ${what} found`);
  }

  #take(length: number): number {
    const from = this.#at;
    if (from + length > this.#end) throw new ProtobufError("unexpected EOF");
    this.#at = from + length;
    return from;
  }
}
