import { statSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { StoreClosedError, type StoreError, StoreUnavailableError } from "../types.ts";
import { errorOf } from "./faults.ts";
import { memoryOf, type PackedRows } from "./packed-rows.ts";
import type { Answer, FromWorker, Loaded, Request, ToWorker, WorkerStart } from "./protocol.ts";
import type { EngineChannel } from "./sqlite-log.ts";

/** Starts the thread of worker.ts; a bundle passes its own. */
export type StartWorker = (start: WorkerStart) => Worker;

/** The bundle has the worker beside it, under a name of its own (scripts/build.ts). */
const workerFile = import.meta.url.endsWith(".ts") ? "./worker.ts" : "./store-worker.js";

export const startWorker: StartWorker = (start) =>
  new Worker(new URL(workerFile, import.meta.url), {
    workerData: start,
    name: "store",
    // It allocates little that lives for long: rows pass through as bytes.
    resourceLimits: { maxYoungGenerationSizeMb: 2 },
  });

interface Waiting {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: StoreError) => void;
}

/** The engine in its own thread, so that the event loop never waits for the disk. A thread that dies is replaced when it is next needed. */
export class WorkerChannel implements EngineChannel {
  readonly #start: WorkerStart;
  readonly #startWith: StartWorker;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #starting: Promise<Loaded> | undefined;
  #ended = false;
  #lastId = 0;

  private constructor(start: WorkerStart, startWith: StartWorker) {
    this.#start = start;
    this.#startWith = startWith;
  }

  /** Resolves once all rows have been taken. */
  static async open(
    start: WorkerStart,
    startWith: StartWorker,
    take: (rows: PackedRows) => void,
  ): Promise<{ channel: WorkerChannel; loaded: Loaded }> {
    const channel = new WorkerChannel(start, startWith);
    return { channel, loaded: await channel.#launch(start, take) };
  }

  async ask(request: Request): Promise<Answer> {
    if (this.#ended) throw new StoreClosedError();
    if (!this.#worker) {
      this.#starting ??= this.#launch({ ...this.#start, withoutRows: true }, () => undefined).finally(() => {
        this.#starting = undefined;
      });
      await this.#starting;
    }
    return this.#send(request);
  }

  bytes(): number {
    let bytes = 0;
    for (const suffix of ["", "-wal"]) {
      bytes += statSync(this.#start.file + suffix, { throwIfNoEntry: false })?.size ?? 0;
    }
    return bytes;
  }

  async end(): Promise<void> {
    this.#ended = true;
    await this.#worker?.terminate();
  }

  #send(request: Request): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const id = ++this.#lastId;
      this.#waiting.set(id, { resolve, reject });
      const message: ToWorker = { id, request };
      this.#worker?.postMessage(message, request.op === "append" ? memoryOf(request.rows) : []);
    });
  }

  #launch(start: WorkerStart, take: (rows: PackedRows) => void): Promise<Loaded> {
    return new Promise((resolve, reject) => {
      const worker = this.#startWith(start);
      let cause: unknown = new Error("the thread ended");
      worker.on("message", (message: FromWorker) => {
        if (message.type === "rows") take(message.rows);
        else if (message.type === "loaded") {
          this.#worker = worker;
          resolve(message.loaded);
        } else if (message.type === "refused") reject(errorOf(message.fault));
        else this.#answer(message);
      });
      worker.once("error", (error) => {
        cause = error;
      });
      worker.once("exit", () => {
        const error = new StoreUnavailableError("io", `the store's writer thread died: ${String(cause)}`, { cause });
        reject(error);
        if (this.#worker !== worker) return;
        this.#worker = undefined;
        for (const waiting of this.#waiting.values()) waiting.reject(error);
        this.#waiting.clear();
      });
    });
  }

  #answer(message: Extract<FromWorker, { id: number }>): void {
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (message.type === "answer") waiting?.resolve(message.answer);
    else waiting?.reject(errorOf(message.fault));
  }
}
