import type { Clock } from "../../machinery/clock.ts";
import type { Logger } from "../../machinery/logger.ts";
import { type KubeObject, keyOf } from "../../machinery/meta/object.ts";
import { ObjectCache } from "./lister.ts";
import { type ReflectorSink, reflect } from "./reflector.ts";
import type { Informer, InformerHandler, Lister, ResourceClient } from "./types.ts";

export interface InformerOptions<T extends KubeObject> {
  readonly resource: ResourceClient<T>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly random: () => number;
}

/** The one implementation of Informer (see types.ts for its promises). There is no resync: nothing is told twice. */
export class CachingInformer<T extends KubeObject> implements Informer<T>, ReflectorSink<T> {
  readonly #options: InformerOptions<T>;
  readonly #cache = new ObjectCache<T>();
  readonly #handlers: InformerHandler<T>[] = [];
  #resolveSynced: () => void = () => undefined;
  readonly #synced = new Promise<void>((resolve) => {
    this.#resolveSynced = resolve;
  });
  readonly #abort = new AbortController();
  #running: Promise<void> | undefined;
  #hasSynced = false;

  constructor(options: InformerOptions<T>) {
    this.#options = options;
  }

  get lister(): Lister<T> {
    return this.#cache;
  }

  get hasSynced(): boolean {
    return this.#hasSynced;
  }

  synced(): Promise<void> {
    return this.#synced;
  }

  addIndex(name: string, keys: (object: T) => readonly string[]): void {
    if (this.#running) throw new Error(`index ${name} comes too late: the informer runs`);
    this.#cache.addIndex(name, keys);
  }

  addHandler(handler: InformerHandler<T>): void {
    this.#handlers.push(handler);
    for (const object of this.#cache.list()) this.#call(handler, "add", object, object);
  }

  /** Idempotent. */
  start(): void {
    const { resource, clock, log, random } = this.#options;
    this.#running ??= reflect({ resource, sink: this, clock, log, random, signal: this.#abort.signal });
  }

  get started(): boolean {
    return this.#running !== undefined;
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#running;
  }

  replace(items: readonly T[]): void {
    if (this.#cache.size === 0) {
      for (const item of items) this.#cache.set(item);
      // A handler that a handler adds meanwhile is told of all of them out of the cache.
      const count = this.#handlers.length;
      for (const item of items) this.#tell("add", item, item, count);
    } else {
      const gone = new Set(this.#cache.keys());
      for (const item of items) {
        gone.delete(keyOf(item));
        this.#put(item);
      }
      for (const key of gone) this.#remove(key);
    }
    if (this.#hasSynced) return;
    this.#hasSynced = true;
    this.#resolveSynced();
  }

  event(type: "ADDED" | "MODIFIED" | "DELETED", object: T): void {
    if (type !== "DELETED") {
      this.#put(object);
      return;
    }
    const key = keyOf(object);
    if (this.#cache.delete(key)) this.#tell("delete", object, object);
  }

  #put(object: T): void {
    const key = keyOf(object);
    const old = this.#cache.get(key);
    // The same name with another uid is another object: the old one was deleted while nobody looked.
    if (old && old.metadata.uid !== object.metadata.uid) this.#remove(key);
    else if (old) {
      if (old.metadata.resourceVersion === object.metadata.resourceVersion) return;
      this.#cache.set(object);
      this.#tell("update", object, old);
      return;
    }
    this.#cache.set(object);
    this.#tell("add", object, object);
  }

  #remove(key: string): void {
    const old = this.#cache.delete(key);
    if (old) this.#tell("delete", old, old);
  }

  #tell(what: "add" | "update" | "delete", object: T, old: T, count = this.#handlers.length): void {
    for (let i = 0; i < count; i++) {
      const handler = this.#handlers[i];
      if (handler) this.#call(handler, what, object, old);
    }
  }

  /** One faulty handler must not keep the others, or the cache, from going on. */
  #call(handler: InformerHandler<T>, what: "add" | "update" | "delete", object: T, old: T): void {
    try {
      if (what === "update") handler.update?.(object, old);
      else if (what === "add") handler.add?.(object);
      else handler.delete?.(object);
    } catch (error) {
      this.#options.log.error({ error, key: keyOf(object) }, `an informer's ${what} handler threw`);
    }
  }
}
