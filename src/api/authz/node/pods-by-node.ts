import type { Logger } from "../../../machinery/logger.ts";
import type { Pod } from "../../../machinery/types/core/v1.ts";
import { type Store, StoreClosedError, type StoreEvent, type Watch } from "../../../store/types.ts";
import { parsedOf } from "../../serialize/parsed.ts";
import { objectsOf } from "./pod-objects.ts";

interface PodEntry {
  readonly node: string;
  readonly objects: ReadonlySet<string>;
}

const prefix = "/registry/pods/";

/**
 * Which objects the pods of each node refer to. Made when a node first asks for such an object and kept current by a
 * watch from then on: nodes in this process never ask, so that a cluster of one machine does not pay for it.
 */
export class PodsByNode {
  readonly #store: Store;
  readonly #log: Logger;
  readonly #pods = new Map<string, PodEntry>();
  /** By node, then by object: how many pods refer to it. */
  readonly #objects = new Map<string, Map<string, number>>();
  #ready: Promise<void> | undefined;
  #watch: Watch | undefined;
  #closed = false;

  constructor(store: Store, log: Logger) {
    this.#store = store;
    this.#log = log;
  }

  async refers(node: string, object: string): Promise<boolean> {
    await this.#start();
    return this.#objects.get(node)?.has(object) ?? false;
  }

  /** Objects of a resource that the node's pods refer to, as "resource/namespace/name". */
  async objects(node: string, resource: string): Promise<readonly string[]> {
    await this.#start();
    const keys = this.#objects.get(node)?.keys() ?? [];
    return [...keys].filter((key) => key.startsWith(`${resource}/`));
  }

  close(): void {
    this.#closed = true;
    this.#watch?.close();
  }

  #start(): Promise<void> {
    this.#ready ??= this.#read().catch((error: unknown) => {
      this.#ready = undefined;
      throw error;
    });
    return this.#ready;
  }

  async #read(): Promise<void> {
    const { entries, revision } = await this.#store.list({ prefix });
    if (this.#closed) return;
    for (const key of [...this.#pods.keys()]) this.#set(key, undefined);
    for (const { key, value } of entries) this.#set(key, parsedOf(value) as unknown as Pod);
    const events = (batch: readonly StoreEvent[]): void => {
      for (const { type, key, value } of batch) {
        this.#set(key, type === "delete" ? undefined : (parsedOf(value) as unknown as Pod));
      }
    };
    const ended = (error: Error): void => {
      if (this.#closed || error instanceof StoreClosedError) return;
      this.#log.warn({ err: error }, "the watch on pods ended; they are read again when a node asks");
      this.#ready = undefined;
    };
    this.#watch = this.#store.watch({ prefix, after: revision }, { events, ended });
  }

  #set(key: string, pod: Pod | undefined): void {
    const old = this.#pods.get(key);
    if (old !== undefined) this.#count(old, -1);
    const node = pod?.spec?.nodeName;
    if (pod === undefined || !node) {
      this.#pods.delete(key);
      return;
    }
    const entry = { node, objects: objectsOf(pod) };
    this.#pods.set(key, entry);
    this.#count(entry, 1);
  }

  #count({ node, objects }: PodEntry, by: 1 | -1): void {
    const counts = this.#objects.get(node) ?? new Map<string, number>();
    for (const object of objects) {
      const count = (counts.get(object) ?? 0) + by;
      if (count > 0) counts.set(object, count);
      else counts.delete(object);
    }
    if (counts.size > 0) this.#objects.set(node, counts);
    else this.#objects.delete(node);
  }
}
