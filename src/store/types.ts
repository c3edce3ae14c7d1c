/**
 * The store: keys, bytes and revisions, and nothing of Kubernetes. These comments are the contract; every backend
 * (SQLite here, etcd behind the same face) passes the same tests.
 *
 * Revisions. One counter for the whole store, starting at 1, strictly increasing, one revision per accepted write. A
 * revision that was handed out is never used again, not even after a crash.
 *
 * Durability. A write's promise resolves, and the write becomes readable and watchable, only after it is on the disk.
 * Nothing is ever visible that a crash could take back.
 */

/** A position in the log. 0 stands for "before the first write". Always a safe integer. */
export type Revision = number;

/**
 * The bytes of a value with a hole for the revision that the store will give it. The store inserts the revision in
 * decimal ASCII at `slot`, so that the value is serialised once and carries its own revision (for the API server: the
 * object's metadata.resourceVersion). A backend that learns the revision only after its commit fills the hole on reading.
 */
export interface Template {
  readonly bytes: Uint8Array;
  /** Byte offset of the hole, 0 ≤ slot ≤ bytes.length. */
  readonly slot: number;
}

/** A value as it stands at some revision. Values are shared, never copied: nobody may write into `value`. */
export interface Entry {
  readonly key: string;
  /** The stamped bytes: the template with `modRevision` in its hole. */
  readonly value: Buffer;
  readonly createRevision: Revision;
  readonly modRevision: Revision;
}

/** One accepted write, as watchers see it. Shared between all watchers: whoever wants to cache something per event may key a WeakMap by it. */
export interface StoreEvent {
  readonly type: "create" | "update" | "delete";
  readonly key: string;
  readonly revision: Revision;
  /** The stamped bytes after the write; for a delete the last value, stamped with the revision of the delete. */
  readonly value: Buffer;
  readonly createRevision: Revision;
  /** What stood there before; absent for a create. */
  readonly previous?: { readonly value: Buffer; readonly modRevision: Revision };
}

export interface ListOptions {
  /** Keys that start with this, in ascending order of their UTF-8 bytes. */
  readonly prefix: string;
  /** Only keys after this one (exclusive): how a paged list goes on. */
  readonly after?: string;
  /** 0 or absent: no limit. */
  readonly limit?: number;
  /** Read the past. Absent: the newest durable state. Throws CompactedError or FutureRevisionError. */
  readonly revision?: Revision;
}

export interface ListResult {
  readonly entries: readonly Entry[];
  /** The revision the whole answer is consistent at. */
  readonly revision: Revision;
  /** Whether keys under the prefix follow after the last one of `entries`. */
  readonly more: boolean;
  /** How many keys follow after the last one of `entries`, where that costs nothing to know. */
  readonly remaining?: number;
}

export interface WatchOptions {
  readonly prefix: string;
  /** Events with a revision greater than this. Throws CompactedError when the log no longer reaches back so far. */
  readonly after: Revision;
}

/**
 * Receives a watch. Calls never overlap and never come before `watch()` has returned.
 *
 * Guarantees: every event under the prefix after `after` is delivered exactly once, in ascending revision, none is left
 * out, and none before it is durable; events of one commit group arrive in one call where they fit.
 */
export interface WatchSink {
  /**
   * `through`: everything up to and including this revision has now been delivered (a bookmark may say so).
   * While the watch still reads history, a returned promise holds back the next page (back-pressure). For live events
   * the store does not wait: a slow receiver bounds its own buffer and closes the watch when that overflows.
   */
  events(batch: readonly StoreEvent[], through: Revision): void | Promise<void>;
  /** The watch ended on the store's side: CompactedError (history vanished while it was read), StoreClosedError, or a fault of the disk. */
  ended(error: StoreError): void;
}

export interface Watch {
  /**
   * Everything under the prefix up to and including this revision has been delivered: what a bookmark may say between
   * events. It moves on with the store's revision once the watch has caught up, also while nothing happens under the prefix.
   */
  readonly through: Revision;
  /** Idempotent; no call reaches the sink afterwards. */
  close(): void;
}

export interface Store {
  /** The newest durable revision; everything readable is at or below it. */
  readonly revision: Revision;
  /** The log reaches back to here: reads and watches below it throw CompactedError. 0: nothing compacted. */
  readonly compactedRevision: Revision;

  /** Undefined where there is no such key. `revision` reads the past, as in list(). */
  get(key: string, revision?: Revision): Promise<Entry | undefined>;
  list(options: ListOptions): Promise<ListResult>;
  /** How many keys are under the prefix now. */
  count(prefix: string): Promise<number>;

  /** Throws KeyExistsError. */
  create(key: string, template: Template): Promise<Entry>;
  /**
   * Compare-and-swap: throws ConflictError when the key's modRevision is not `expected`, KeyNotFoundError when it is gone.
   * Both are thrown only once the write that this one lost against is durable and readable, so that "read again and
   * retry" always makes progress.
   */
  update(key: string, template: Template, expected: Revision): Promise<Entry>;
  /** As update(). Resolves with the last value, stamped with the revision of the delete (in `modRevision` too). */
  delete(key: string, expected: Revision): Promise<Entry>;

  watch(options: WatchOptions, sink: WatchSink): Watch;

  /**
   * Forget history before `revision`: the newest state of every key at `revision` stays, what was overwritten or
   * deleted by then goes. Runs in small steps beside the work; resolves when it is done. Throws FutureRevisionError.
   */
  compact(revision: Revision): Promise<void>;

  /** What `/readyz` and `/metrics` tell of the store. */
  health(): StoreHealth;

  /** Finishes the writes already accepted, ends all watches with StoreClosedError and releases the files. */
  close(): Promise<void>;
}

export interface StoreHealth {
  /** Reads go on in every case; `writable` false means that writes are refused with this error. */
  readonly writable: boolean;
  readonly fault?: StoreUnavailableError;
  readonly keys: number;
  readonly watchers: number;
  /** Size of the files on the disk, in bytes. */
  readonly bytes: number;
}

/** Every error the store throws on purpose. */
export class StoreError extends Error {
  override name = "StoreError";
}

export class KeyExistsError extends StoreError {
  override name = "KeyExistsError";
  readonly key: string;
  constructor(key: string) {
    super(`key exists: ${key}`);
    this.key = key;
  }
}

export class KeyNotFoundError extends StoreError {
  override name = "KeyNotFoundError";
  readonly key: string;
  constructor(key: string) {
    super(`key not found: ${key}`);
    this.key = key;
  }
}

export class ConflictError extends StoreError {
  override name = "ConflictError";
  readonly key: string;
  readonly expected: Revision;
  /** What stands there now. */
  readonly current: Entry;
  constructor(key: string, expected: Revision, current: Entry) {
    super(`conflict on ${key}: expected revision ${expected}, found ${current.modRevision}`);
    this.key = key;
    this.expected = expected;
    this.current = current;
  }
}

/** The revision asked for is older than the log. A reader lists anew; over HTTP this is 410. */
export class CompactedError extends StoreError {
  override name = "CompactedError";
  readonly asked: Revision;
  readonly compacted: Revision;
  constructor(asked: Revision, compacted: Revision) {
    super(`revision ${asked} has been compacted; the oldest is ${compacted}`);
    this.asked = asked;
    this.compacted = compacted;
  }
}

/** The revision asked for has not happened yet. */
export class FutureRevisionError extends StoreError {
  override name = "FutureRevisionError";
  readonly asked: Revision;
  readonly current: Revision;
  constructor(asked: Revision, current: Revision) {
    super(`revision ${asked} is in the future; the newest is ${current}`);
    this.asked = asked;
    this.current = current;
  }
}

export class StoreClosedError extends StoreError {
  override name = "StoreClosedError";
  constructor() {
    super("the store is closed");
  }
}

/** The disk does not take writes. None of the writes it is thrown for will ever become visible. */
export class StoreUnavailableError extends StoreError {
  override name = "StoreUnavailableError";
  /** "in-use": another process has the store open. */
  readonly reason: "disk-full" | "read-only" | "corrupt" | "in-use" | "io";
  constructor(reason: StoreUnavailableError["reason"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}
