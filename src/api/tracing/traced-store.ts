import type {
  Entry,
  ListOptions,
  ListResult,
  Revision,
  Store,
  StoreHealth,
  Template,
  Watch,
  WatchOptions,
  WatchSink,
} from "../../store/types.ts";
import type { Tracing } from "./types.ts";

/** The store as requests use it: what they wait for is a span of theirs. */
export class TracedStore implements Store {
  readonly #inner: Store;
  readonly #tracing: Tracing;

  constructor(inner: Store, tracing: Tracing) {
    this.#inner = inner;
    this.#tracing = tracing;
  }

  get revision(): Revision {
    return this.#inner.revision;
  }

  get compactedRevision(): Revision {
    return this.#inner.compactedRevision;
  }

  get(key: string, revision?: Revision): Promise<Entry | undefined> {
    return this.#timed("Get store", key, () => this.#inner.get(key, revision));
  }

  list(options: ListOptions): Promise<ListResult> {
    return this.#timed("List store", options.prefix, () => this.#inner.list(options));
  }

  count(prefix: string): Promise<number> {
    return this.#timed("Count store", prefix, () => this.#inner.count(prefix));
  }

  create(key: string, template: Template): Promise<Entry> {
    return this.#timed("Create store", key, () => this.#inner.create(key, template));
  }

  update(key: string, template: Template, expected: Revision): Promise<Entry> {
    return this.#timed("Update store", key, () => this.#inner.update(key, template, expected));
  }

  delete(key: string, expected: Revision): Promise<Entry> {
    return this.#timed("Delete store", key, () => this.#inner.delete(key, expected));
  }

  watch(options: WatchOptions, sink: WatchSink): Watch {
    return this.#inner.watch(options, sink);
  }

  compact(revision: Revision): Promise<void> {
    return this.#inner.compact(revision);
  }

  health(): StoreHealth {
    return this.#inner.health();
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  #timed<R>(name: string, key: string, work: () => R): R {
    const current = this.#tracing.current();
    return current === undefined ? work() : current.time(name, { key }, work);
  }
}
