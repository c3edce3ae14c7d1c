/** Lines into a file that is rotated; nobody waits for the disk. */
import { createWriteStream, type WriteStream } from "node:fs";
import { mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import type { Clock } from "../../machinery/clock.ts";
import type { Logger } from "../../machinery/logger.ts";

export interface LogFileOptions {
  /** "-": standard output. */
  readonly path: string;
  /** In MB; 0: 100. */
  readonly maxSize: number;
  /** How many old files are kept; 0: all. */
  readonly maxBackup: number;
  /** In days; 0: for ever. */
  readonly maxAge: number;
}

const defaultSize = 100;
const day = 86_400_000;
/** Of lines that wait for the disk; what comes beyond is lost, and counted. */
const bufferLimit = 64 * 1024 * 1024;

export class LogFile {
  readonly #options: LogFileOptions;
  readonly #clock: Clock;
  readonly #log: Logger;
  #waiting: string[] = [];
  #waitingBytes = 0;
  #writing: Promise<void> | undefined;
  #stream: WriteStream | undefined;
  #size = 0;
  /** Lines that found no room, or no disk. */
  lost = 0;

  constructor(options: LogFileOptions, clock: Clock, log: Logger) {
    this.#options = options;
    this.#clock = clock;
    this.#log = log;
  }

  /** `line` without its end. */
  write(line: string): void {
    if (this.#waitingBytes > bufferLimit) {
      this.lost++;
      return;
    }
    this.#waiting.push(line);
    this.#waitingBytes += line.length;
    this.#writing ??= this.#drain().finally(() => {
      this.#writing = undefined;
    });
  }

  /** Resolves when all that was written so far is with the system. */
  async flushed(): Promise<void> {
    await this.#writing;
  }

  /** Writes what waits, and closes. */
  async close(): Promise<void> {
    await this.flushed();
    const stream = this.#stream;
    this.#stream = undefined;
    if (stream && this.#options.path !== "-") await new Promise<void>((resolve) => stream.end(() => resolve()));
  }

  async #drain(): Promise<void> {
    // Lines of a turn are written together.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#waiting.length > 0) {
      const lines = this.#waiting;
      this.#waiting = [];
      this.#waitingBytes = 0;
      const bytes = Buffer.from(`${lines.join("\n")}\n`);
      try {
        await this.#append(bytes);
      } catch (error) {
        this.lost += lines.length;
        this.#stream = undefined;
        this.#log.error({ err: error, path: this.#options.path }, "the audit log cannot be written");
      }
    }
  }

  async #append(bytes: Buffer): Promise<void> {
    const { path, maxSize } = this.#options;
    const limit = (maxSize || defaultSize) * 1024 * 1024;
    if (path !== "-" && this.#stream && this.#size + bytes.length > limit) await this.#rotate();
    this.#stream ??= await this.#open();
    const stream = this.#stream;
    this.#size += bytes.length;
    await new Promise<void>((resolve, reject) => {
      stream.write(bytes, (error) => (error ? reject(error) : resolve()));
    });
  }

  async #open(): Promise<WriteStream> {
    const { path } = this.#options;
    if (path === "-") return process.stdout as unknown as WriteStream;
    await mkdir(dirname(path), { recursive: true });
    const stream = createWriteStream(path, { flags: "a", mode: 0o600 });
    await new Promise<void>((resolve, reject) => {
      stream.once("open", () => resolve());
      stream.once("error", reject);
    });
    stream.on("error", () => undefined);
    this.#size = (await stat(path)).size;
    return stream;
  }

  /** The old file is named by its time: audit-2026-01-31T12-00-00.000.log. */
  async #rotate(): Promise<void> {
    const { path } = this.#options;
    const stream = this.#stream;
    this.#stream = undefined;
    await new Promise<void>((resolve) => (stream ? stream.end(() => resolve()) : resolve()));
    const time = new Date(this.#clock.now()).toISOString().replaceAll(":", "-").slice(0, -1);
    const extension = extname(path);
    await rename(path, join(dirname(path), `${basename(path, extension)}-${time}${extension}`));
    await this.#forget();
  }

  async #forget(): Promise<void> {
    const { path, maxBackup, maxAge } = this.#options;
    const extension = extname(path);
    const prefix = `${basename(path, extension)}-`;
    const old = (await readdir(dirname(path))).filter((name) => name.startsWith(prefix) && name.endsWith(extension));
    const oldest = this.#clock.now() - maxAge * day;
    for (const [i, name] of old.sort().reverse().entries()) {
      const time = name.slice(prefix.length, name.length - extension.length);
      const at = Date.parse(`${time.slice(0, 11)}${time.slice(11).replaceAll("-", ":")}Z`);
      if (Number.isNaN(at)) continue;
      if ((maxBackup > 0 && i >= maxBackup) || (maxAge > 0 && at < oldest)) await rm(join(dirname(path), name));
    }
  }
}
