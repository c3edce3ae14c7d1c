/**
 * Protobuf's wire format, written from the back: the length of a message stands before it and is known only when it has
 * been written. So whatever is written last comes first in the result.
 */
const firstSize = 16 * 1024;
/** A larger buffer is not kept for the next message. */
const keptSize = 256 * 1024;
const shortText = 48;

export class ProtobufWriter {
  #buffer = Buffer.allocUnsafeSlow(firstSize);
  #at = firstSize;

  /** Bytes written so far. */
  get length(): number {
    return this.#buffer.length - this.#at;
  }

  /** A copy of all that was written; the writer begins anew. */
  take(): Buffer {
    const result = Buffer.from(this.#buffer.subarray(this.#at));
    this.clear();
    return result;
  }

  clear(): void {
    if (this.#buffer.length > keptSize) this.#buffer = Buffer.allocUnsafeSlow(firstSize);
    this.#at = this.#buffer.length;
  }

  /** An integer; a negative one takes ten bytes, as in int32 and int64. */
  varint(value: number): void {
    if (value >= 0 && value < 0x80) {
      this.#reserve(1);
      this.#buffer[--this.#at] = value;
      return;
    }
    if (value < 0 || value > Number.MAX_SAFE_INTEGER) {
      this.#bigVarint(BigInt.asUintN(64, BigInt(Math.trunc(value))));
      return;
    }
    let size = 1;
    for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) size++;
    this.#reserve(size);
    this.#at -= size;
    let rest = value;
    let at = this.#at;
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) this.#buffer[at++] = (rest % 0x80) | 0x80;
    this.#buffer[at] = rest;
  }

  #bigVarint(value: bigint): void {
    const digits: number[] = [];
    let rest = value;
    for (; rest >= 0x80n; rest >>= 7n) digits.push(Number(rest & 0x7fn) | 0x80);
    digits.push(Number(rest));
    this.raw(Buffer.from(digits));
  }

  double(value: number): void {
    this.#reserve(8);
    this.#at -= 8;
    this.#buffer.writeDoubleLE(value, this.#at);
  }

  /** With its length. */
  string(text: string): void {
    const length = text.length <= shortText && this.#ascii(text) ? text.length : this.#utf8(text);
    this.varint(length);
  }

  /** With their length. */
  bytes(value: Uint8Array): void {
    this.raw(value);
    this.varint(value.length);
  }

  /** As they are. */
  raw(value: Uint8Array): void {
    this.#reserve(value.length);
    this.#at -= value.length;
    this.#buffer.set(value, this.#at);
  }

  #ascii(text: string): boolean {
    const { length } = text;
    this.#reserve(length);
    const start = this.#at - length;
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code >= 0x80) return false;
      this.#buffer[start + i] = code;
    }
    this.#at = start;
    return true;
  }

  #utf8(text: string): number {
    const length = Buffer.byteLength(text);
    this.#reserve(length);
    this.#at -= length;
    this.#buffer.write(text, this.#at, length, "utf8");
    return length;
  }

  #reserve(size: number): void {
    if (size <= this.#at) return;
    const { length } = this;
    const larger = Buffer.allocUnsafeSlow(Math.max(this.#buffer.length * 2, length + size));
    this.#buffer.copy(larger, larger.length - length, this.#at);
    this.#buffer = larger;
    this.#at = larger.length - length;
  }
}
