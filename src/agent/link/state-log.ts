/**
 * The last desired state on disk: the batches as they came, appended one after the other, and written anew when most of it
 * is past. A record is its length, its CRC-32, its type and its bytes; what was cut off at the end is left out. Secrets are
 * in it as they are in the engine's own files: it is the owner's alone.
 */
import { type FileHandle, open, readFile, rename, truncate } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { type Change, type DesiredBatch, desiredBatch } from "../../../proto/wire/messages.ts";
import type { Logger } from "../../machinery/logger.ts";

export interface KeptStateReader {
  batch(batch: DesiredBatch): void;
  complete(kinds: readonly string[]): void;
}

export interface KeptState {
  load(reader: KeptStateReader): Promise<void>;
  append(batch: DesiredBatch): void;
  /** All there is of these kinds has been appended. */
  completed(kinds: readonly string[]): void;
  /** Where the whole state is found when the file is written anew. */
  live(everything: () => Iterable<Change>, complete: () => readonly string[]): void;
  /** Resolves when all is written. */
  close(): Promise<void>;
}

const header = 9;
const BATCH = 1;
const COMPLETE = 2;
/** Below this, the past costs nothing. */
const smallest = 1024 * 1024;
/** The file is written anew when it is so many times as long as it was then. */
const growth = 3;
const changesPerRecord = 256;

export class StateLog implements KeptState {
  readonly #file: string;
  readonly #log: Logger;
  #handle: FileHandle | undefined;
  #waiting: Buffer[] = [];
  #writing: Promise<void> | undefined;
  #size = 0;
  #limit = smallest;
  #everything: () => Iterable<Change> = () => [];
  #complete: () => readonly string[] = () => [];
  #broken = false;

  constructor(directory: string, log: Logger) {
    this.#file = join(directory, "desired-state.log");
    this.#log = log;
  }

  async load(reader: KeptStateReader): Promise<void> {
    let content: Buffer;
    try {
      content = await readFile(this.#file);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
      throw error;
    }
    this.#size = readRecords(content, reader);
    if (this.#size < content.length) await truncate(this.#file, this.#size);
  }

  live(everything: () => Iterable<Change>, complete: () => readonly string[]): void {
    this.#everything = everything;
    this.#complete = complete;
  }

  append(batch: DesiredBatch): void {
    if (batch.changes.length > 0 || batch.reset || batch.synced) this.#write(record(BATCH, desiredBatch.encode(batch)));
  }

  completed(kinds: readonly string[]): void {
    this.#write(record(COMPLETE, Buffer.from(JSON.stringify(kinds))));
  }

  async close(): Promise<void> {
    while (this.#writing) await this.#writing;
    await this.#handle?.close();
    this.#handle = undefined;
  }

  #write(bytes: Buffer): void {
    if (this.#broken) return;
    this.#waiting.push(bytes);
    this.#writing ??= this.#drain().finally(() => {
      this.#writing = undefined;
    });
  }

  async #drain(): Promise<void> {
    try {
      while (this.#waiting.length > 0) {
        const bytes = Buffer.concat(this.#waiting.splice(0));
        this.#handle ??= await open(this.#file, "a", 0o600);
        await this.#handle.appendFile(bytes);
        this.#size += bytes.length;
        if (this.#size > this.#limit) await this.#renew();
      }
    } catch (error) {
      this.#broken = true;
      this.#waiting = [];
      this.#log.error({ err: error, file: this.#file }, "the desired state cannot be kept: a restart needs the server");
    }
  }

  /** All that was appended before is in the state already, and so is perhaps what waits: told twice, it is the same. */
  async #renew(): Promise<void> {
    const fresh = `${this.#file}.new`;
    const handle = await open(fresh, "w", 0o600);
    let size = 0;
    try {
      for (const bytes of records(this.#everything(), this.#complete())) {
        await handle.appendFile(bytes);
        size += bytes.length;
      }
      await handle.sync();
    } finally {
      await handle.close();
    }
    await this.#handle?.close();
    this.#handle = undefined;
    await rename(fresh, this.#file);
    this.#size = size;
    this.#limit = Math.max(smallest, size * growth);
  }
}

function* records(changes: Iterable<Change>, complete: readonly string[]): Iterable<Buffer> {
  // Taken at one moment: the state changes while it is written.
  const all = [...changes];
  for (let at = 0; at < all.length; at += changesPerRecord) {
    yield record(BATCH, desiredBatch.encode({ changes: all.slice(at, at + changesPerRecord) }));
  }
  yield record(COMPLETE, Buffer.from(JSON.stringify(complete)));
}

function record(type: number, payload: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(header + payload.length);
  bytes.writeUInt32LE(payload.length, 0);
  bytes.writeUInt32LE(crc32(payload), 4);
  bytes.writeUInt8(type, 8);
  payload.copy(bytes, header);
  return bytes;
}

/** How many bytes are whole records. */
function readRecords(content: Buffer, reader: KeptStateReader): number {
  let at = 0;
  while (at + header <= content.length) {
    const end = at + header + content.readUInt32LE(at);
    const payload = content.subarray(at + header, end);
    if (end > content.length || crc32(payload) !== content.readUInt32LE(at + 4)) break;
    if (content.readUInt8(at + 8) === BATCH) reader.batch(desiredBatch.decode(payload));
    else reader.complete(JSON.parse(payload.toString()) as string[]);
    at = end;
  }
  return at;
}
