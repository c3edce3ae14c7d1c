import { Worker } from "node:worker_threads";
import type { Clock } from "../../machinery/clock.ts";
import type { KeyPair } from "./certificate-authority.ts";
import type { SigningOrder } from "./sign-request.ts";

/** The bundle has the worker beside it (scripts/build.ts). */
const workerFile = import.meta.url.endsWith(".ts") ? "./signing-worker.ts" : "./signing-worker.js";
const idleMilliseconds = 10_000;

export type SigningAnswer =
  | { readonly id: number; readonly certificate: string; readonly error?: undefined }
  | { readonly id: number; readonly error: string };

interface Waiting {
  resolve(certificate: string): void;
  reject(error: Error): void;
}

/**
 * Signs with the cluster's CA, in a thread that is there only while there is something to sign: machines join in a crowd
 * or not for months, and X.509 costs memory.
 */
export class CertificateSigner {
  readonly #authority: KeyPair;
  readonly #clock: Clock;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #cancelIdle: () => void = () => undefined;
  #id = 0;

  constructor(authority: KeyPair, clock: Clock) {
    this.#authority = authority;
    this.#clock = clock;
  }

  /** PEM. Rejects with what signRequest() throws. */
  sign(order: Pick<SigningOrder, "request" | "usages" | "duration">): Promise<string> {
    this.#cancelIdle();
    this.#worker ??= this.#start();
    const worker = this.#worker;
    const id = ++this.#id;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      const { request, usages, duration } = order;
      const whole: SigningOrder = { authority: this.#authority, request, usages, duration, now: this.#clock.now() };
      worker.postMessage({ id, order: whole });
    });
  }

  async close(): Promise<void> {
    this.#cancelIdle();
    await this.#worker?.terminate();
  }

  #start(): Worker {
    const worker = new Worker(new URL(workerFile, import.meta.url), { name: "signing" });
    worker.unref();
    worker.on("message", (answer: SigningAnswer) => this.#answered(answer));
    worker.on("error", (error) => this.#lost(worker, error));
    worker.on("exit", () => this.#lost(worker, new Error("the thread that signs certificates has ended")));
    return worker;
  }

  #answered(answer: SigningAnswer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if (answer.error === undefined) waiting?.resolve(answer.certificate);
    else waiting?.reject(new Error(answer.error));
    if (this.#waiting.size > 0) return;
    this.#cancelIdle = this.#clock.after(idleMilliseconds, () => {
      const worker = this.#worker;
      this.#worker = undefined;
      void worker?.terminate();
    });
  }

  #lost(worker: Worker, error: Error): void {
    // One that was idle and was sent away has nobody waiting; another one may be at work already.
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}
