/**
 * Header blocks: names and values with their lengths, in one zlib stream per direction that lasts as long as the connection.
 * Reading needs the whole of zlib; what is written goes into stored blocks, which any zlib reads: the few headers of an
 * answer are not worth a compressor's memory.
 */
import { constants, createInflate, type Inflate } from "node:zlib";
import { dictionary, dictionaryId } from "./dictionary.ts";

export type Headers = ReadonlyMap<string, string>;

/** A block inflates to no more than this; more is an attack. */
const maxInflated = 256 << 10;

export class HeaderReader {
  readonly #inflate: Inflate = createInflate({
    dictionary,
    flush: constants.Z_SYNC_FLUSH,
    finishFlush: constants.Z_SYNC_FLUSH,
  });
  #chunks: Buffer[] = [];
  #size = 0;
  #fail: (error: Error) => void = () => undefined;

  constructor() {
    this.#inflate.on("data", (chunk: Buffer) => {
      this.#size += chunk.length;
      if (this.#size > maxInflated) this.#inflate.destroy(new Error("a header block is too large"));
      else this.#chunks.push(chunk);
    });
    this.#inflate.on("error", (error) => this.#fail(error));
  }

  /** Blocks must be read in the order they came, one after the other. Throws for what is not a header block. */
  async read(block: Uint8Array): Promise<Headers> {
    this.#chunks = [];
    this.#size = 0;
    await new Promise<void>((resolve, reject) => {
      this.#fail = reject;
      this.#inflate.write(block, (error) => (error ? reject(error) : resolve()));
    });
    return parse(Buffer.concat(this.#chunks));
  }

  close(): void {
    this.#inflate.destroy();
  }
}

function parse(bytes: Buffer): Headers {
  const headers = new Map<string, string>();
  let at = 4;
  const text = (): string => {
    const length = bytes.readUInt32BE(at);
    if (length > bytes.length - at - 4) throw new Error("a header is longer than its block");
    at += 4 + length;
    return bytes.toString("utf8", at - length, at);
  };
  for (let left = bytes.readUInt32BE(0); left > 0; left--) headers.set(text().toLowerCase(), text());
  return headers;
}

export class HeaderWriter {
  #begun = false;

  write(headers: Headers): Buffer {
    const plain = serialize(headers);
    const parts: Buffer[] = [];
    if (!this.#begun) parts.push(zlibHead());
    this.#begun = true;
    for (let at = 0; at < plain.length; at += 0xffff) parts.push(stored(plain.subarray(at, at + 0xffff)));
    // The empty block of a sync flush: Go's reader hands out what it has when it comes, and fails without it.
    parts.push(stored(Buffer.alloc(0)));
    return Buffer.concat(parts);
  }
}

function serialize(headers: Headers): Buffer {
  const number = (value: number): Buffer => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return bytes;
  };
  const text = (value: string): Buffer => {
    const bytes = Buffer.from(value);
    return Buffer.concat([number(bytes.length), bytes]);
  };
  return Buffer.concat([number(headers.size), ...[...headers].flatMap(([name, value]) => [text(name), text(value)])]);
}

/** Deflate with a 32 kB window and a preset dictionary, which is named. */
function zlibHead(): Buffer {
  const head = Buffer.from([0x78, 0xbb, 0, 0, 0, 0]);
  head.writeUInt32BE(dictionaryId, 2);
  return head;
}

/** A stored block of deflate that is not the last one: its length, the complement of that, the bytes. */
function stored(bytes: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt16LE(bytes.length, 1);
  head.writeUInt16LE(~bytes.length & 0xffff, 3);
  return Buffer.concat([head, bytes]);
}
