import { statSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { type StoreError, StoreUnavailableError } from "../types.ts";
import { errorOf } from "./faults.ts";
import { memoryOf, type PackedRows } from "./packed-rows.ts";
import type { Answer, FromWorker, Loaded, Request, ToWorker, WorkerStart } from "./protocol.ts";
import type { EngineChannel } from "./sqlite-log.ts";

/** Starts the thread of worker.ts; a bundle passes its own. */
export type StartWorker = (start: WorkerStart) => Worker;

/** The bundle has the worker beside it, under a name of its own (scripts/build.ts). */
const workerFile = import.meta.url.endsWith(".ts") ? "./worker.ts" : "./store-worker.js";

export const startWorker: StartWorker = (start) =>
  new Worker(new URL(workerFile, import.meta.url), { workerData: start, name: "store" });

interface Waiting {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: StoreError) => void;
}

/** The engine in its own thread, so that the event loop never waits for the disk. */
export class WorkerChannel implements EngineChannel {
  readonly #worker: Worker;
  readonly #file: string;
  readonly #waiting = new Map<number, Waiting>();
  readonly #exited: Promise<void>;
  #lastId = 0;
  #dead: StoreUnavailableError | undefined;

  private constructor(worker: Worker, file: string) {
    this.#worker = worker;
    this.#file = file;
    this.#exited = new Promise((resolve) => worker.once("exit", () => resolve()));
  }

  /** Resolves once all rows have been taken. */
  static open(
    start: WorkerStart,
    startWith: StartWorker,
    take: (rows: PackedRows) => void,
  ): Promise<{ channel: WorkerChannel; loaded: Loaded }> {
    return new Promise((resolve, reject) => {
      const worker = startWith(start);
      const channel = new WorkerChannel(worker, start.file);
      worker.on("message", (message: FromWorker) => {
        if (message.type === "rows") take(message.rows);
        else if (message.type === "loaded") resolve({ channel, loaded: message.loaded });
        else if (message.type === "refused") reject(errorOf(message.fault));
        else channel.#answer(message);
      });
      worker.once("error", (error) => {
        channel.#die(error);
        reject(channel.#dead);
      });
      worker.once("exit", () => {
        channel.#die(new Error("the thread ended"));
        reject(channel.#dead);
      });
    });
  }

  ask(request: Request): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (this.#dead) throw this.#dead;
      const id = ++this.#lastId;
      this.#waiting.set(id, { resolve, reject });
      const message: ToWorker = { id, request };
      this.#worker.postMessage(message, request.op === "append" ? memoryOf(request.rows) : []);
    });
  }

  bytes(): number {
    let bytes = 0;
    for (const suffix of ["", "-wal"]) bytes += statSync(this.#file + suffix, { throwIfNoEntry: false })?.size ?? 0;
    return bytes;
  }

  async end(): Promise<void> {
    await this.#exited;
  }

  #answer(message: Extract<FromWorker, { id: number }>): void {
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (message.type === "answer") waiting?.resolve(message.answer);
    else waiting?.reject(errorOf(message.fault));
  }

  #die(cause: Error): void {
    this.#dead ??= new StoreUnavailableError("io", `the store's writer thread died: ${cause.message}`, { cause });
    for (const { reject } of this.#waiting.values()) reject(this.#dead);
    this.#waiting.clear();
  }
}
