import type {
  Entry,
  ListOptions,
  ListResult,
  Revision,
  Store,
  StoreEvent,
  StoreHealth,
  Template,
  Watch,
  WatchOptions,
  WatchSink,
} from "../../store/types.ts";
import { isSealed, open, seal, stamped } from "./envelope.ts";
import type { Cipher } from "./providers.ts";

/** What is sealed with which keys; may change while the store is open. */
export interface Sealing {
  /** Keys under these prefixes may be sealed; those under no other ever are. */
  readonly prefixes: readonly string[];
  /** undefined: written as it is. */
  writer(key: string): Cipher | undefined;
  readonly readers: readonly Cipher[];
}

/**
 * A store whose values lie encrypted on the disk. It stands between the pipeline and the store, which knows nothing of it;
 * what is not to be sealed goes by untouched. A value is decrypted when it is first read, and then known for as long as the
 * store keeps it.
 */
export class EncryptedStore implements Store {
  readonly #inner: Store;
  readonly #sealing: Sealing;
  readonly #opened = new WeakMap<Buffer, Buffer>();
  readonly #events = new WeakMap<StoreEvent, StoreEvent>();

  constructor(inner: Store, sealing: Sealing) {
    this.#inner = inner;
    this.#sealing = sealing;
  }

  get revision(): Revision {
    return this.#inner.revision;
  }

  get compactedRevision(): Revision {
    return this.#inner.compactedRevision;
  }

  get(key: string, revision?: Revision): Promise<Entry | undefined> {
    const found = this.#inner.get(key, revision);
    return this.#concerns(key) ? found.then((entry) => entry && this.#entry(entry)) : found;
  }

  list(options: ListOptions): Promise<ListResult> {
    const listed = this.#inner.list(options);
    if (!this.#concerns(options.prefix)) return listed;
    return listed.then((result) => ({ ...result, entries: result.entries.map((entry) => this.#entry(entry)) }));
  }

  count(prefix: string): Promise<number> {
    return this.#inner.count(prefix);
  }

  create(key: string, template: Template): Promise<Entry> {
    const cipher = this.#concerns(key) ? this.#sealing.writer(key) : undefined;
    if (cipher === undefined) return this.#inner.create(key, template);
    return this.#inner.create(key, seal(template, cipher, key)).then((entry) => this.#known(entry, template));
  }

  update(key: string, template: Template, expected: Revision): Promise<Entry> {
    if (!this.#concerns(key)) return this.#inner.update(key, template, expected);
    const cipher = this.#sealing.writer(key);
    if (cipher === undefined) return this.#inner.update(key, template, expected);
    return this.#inner.update(key, seal(template, cipher, key), expected).then((entry) => this.#known(entry, template));
  }

  delete(key: string, expected: Revision): Promise<Entry> {
    const deleted = this.#inner.delete(key, expected);
    return this.#concerns(key) ? deleted.then((entry) => this.#entry(entry)) : deleted;
  }

  watch(options: WatchOptions, sink: WatchSink): Watch {
    if (!this.#concerns(options.prefix)) return this.#inner.watch(options, sink);
    return this.#inner.watch(options, {
      events: (batch, through) =>
        sink.events(
          batch.map((event) => this.#event(event)),
          through,
        ),
      ended: (error) => sink.ended(error),
    });
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

  #concerns(prefix: string): boolean {
    for (const sealed of this.#sealing.prefixes)
      if (prefix.startsWith(sealed) || sealed.startsWith(prefix)) return true;
    return false;
  }

  #known(entry: Entry, { bytes, slot }: Template): Entry {
    const value = stamped(bytes, slot, String(entry.modRevision));
    this.#opened.set(entry.value, value);
    return { ...entry, value };
  }

  #entry(entry: Entry): Entry {
    return isSealed(entry.value) ? { ...entry, value: this.#plain(entry.key, entry.value) } : entry;
  }

  #event(event: StoreEvent): StoreEvent {
    const { key, value, previous } = event;
    if (!isSealed(value) && !(previous && isSealed(previous.value))) return event;
    let plain = this.#events.get(event);
    if (plain === undefined) {
      plain = {
        ...event,
        value: this.#plain(key, value),
        ...(previous === undefined ? {} : { previous: { ...previous, value: this.#plain(key, previous.value) } }),
      };
      this.#events.set(event, plain);
    }
    return plain;
  }

  #plain(key: string, value: Buffer): Buffer {
    if (!isSealed(value)) return value;
    let plain = this.#opened.get(value);
    if (plain === undefined) {
      plain = open(value, this.#sealing.readers, key).value;
      this.#opened.set(value, plain);
    }
    return plain;
  }
}
