/**
 * A small API server in memory for the tests of controllers: list, watch, create, update, patch and delete with
 * resourceVersions, compare-and-swap, finalizers, graceful pod deletion and Kubernetes' errors. It validates and defaults nothing.
 */
import type { Client, ResourceClient, UserInfo, WatchEvent, WatchOptions } from "../../../src/api/client/types.ts";
import type { Clock } from "../../../src/machinery/clock.ts";
import type { GroupVersionResource, KubeObject } from "../../../src/machinery/meta/object.ts";
import { failure, type StatusError } from "../../../src/machinery/status/error.ts";
import { FakeResource, keyIn, timestamp } from "./fake-resource.ts";
import { matchesSelectors } from "./fake-selectors.ts";

export type Verb = "get" | "list" | "watch" | "create" | "update" | "patch" | "delete" | "deletecollection";

export interface FakeCall {
  readonly verb: Verb;
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
  readonly subresource: string;
  readonly body?: object;
}

/** Returning an error refuses the call; a promise delays it. */
export type Reactor = (call: FakeCall) => StatusError | undefined | Promise<StatusError | undefined>;

interface LogEntry {
  readonly table: string;
  readonly revision: number;
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly object: KubeObject;
  readonly previous: KubeObject | undefined;
}

export class FakeCluster implements Client {
  readonly clock: Clock;
  /** Every call, in order, watches included. */
  readonly calls: FakeCall[] = [];
  readonly #tables = new Map<string, Map<string, KubeObject>>();
  readonly #log: LogEntry[] = [];
  readonly #watchers = new Set<() => void>();
  readonly #reactors: Reactor[] = [];
  #revision = 0;
  #compacted = 0;
  #uid = 0;
  #generation = 0;
  #bookmarks = 0;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  as(_user: UserInfo): Client {
    return this;
  }

  resource<T extends KubeObject>(gvr: GroupVersionResource, namespace = ""): ResourceClient<T> {
    return new FakeResource<T>(this, tableOf(gvr), namespace);
  }

  get revision(): number {
    return this.#revision;
  }

  /** Every later call passes here first. Returns a function that takes the reactor away. */
  react(reactor: Reactor): () => void {
    this.#reactors.push(reactor);
    return () => void this.#reactors.splice(this.#reactors.indexOf(reactor), 1);
  }

  /** Forgets history up to now: watches that lag behind, and later ones from an older revision, get 410. */
  expire(): void {
    this.#compacted = this.#revision;
  }

  /** Sends a bookmark to every watch that asked for them. */
  bookmark(): void {
    this.#bookmarks++;
    this.#wake();
  }

  /** Ends every running watch, as a server does after its timeout or when it restarts. */
  closeWatches(): void {
    this.#generation++;
    this.#wake();
  }

  /** Writes past all rules, status included: what a test finds in place. Fills in what a server would. */
  put<T extends KubeObject>(gvr: GroupVersionResource, object: T): T {
    const table = tableOf(gvr);
    const previous = this.table(table).get(keyIn(object.metadata.namespace, object.metadata.name));
    const uid = object.metadata.uid ?? previous?.metadata.uid;
    return this.commit(table, { ...object, metadata: { ...object.metadata, uid: uid ?? this.nextUid() } }) as T;
  }

  /** Takes an object away, finalizers or not. */
  remove(gvr: GroupVersionResource, name: string, namespace = ""): void {
    const object = this.table(tableOf(gvr)).get(keyIn(namespace, name));
    if (object) this.erase(tableOf(gvr), object);
  }

  peek<T extends KubeObject>(gvr: GroupVersionResource, name: string, namespace = ""): T | undefined {
    return this.table(tableOf(gvr)).get(keyIn(namespace, name)) as T | undefined;
  }

  all<T extends KubeObject>(gvr: GroupVersionResource, namespace = ""): T[] {
    const objects = [...this.table(tableOf(gvr)).values()] as T[];
    return objects.filter((object) => namespace === "" || object.metadata.namespace === namespace);
  }

  /** For FakeResource. */
  table(name: string): Map<string, KubeObject> {
    const table = this.#tables.get(name) ?? new Map<string, KubeObject>();
    this.#tables.set(name, table);
    return table;
  }

  nextUid(): string {
    return `00000000-0000-4000-8000-${String(++this.#uid).padStart(12, "0")}`;
  }

  async admit(call: FakeCall): Promise<void> {
    this.calls.push(call);
    await Promise.resolve();
    for (const reactor of [...this.#reactors]) {
      const error = await reactor(call);
      if (error) throw error;
    }
  }

  commit(table: string, object: KubeObject): KubeObject {
    const key = keyIn(object.metadata.namespace, object.metadata.name);
    const previous = this.table(table).get(key);
    const revision = ++this.#revision;
    const creationTimestamp = object.metadata.creationTimestamp ?? timestamp(this.clock);
    const stored = deepFreeze({
      ...structuredClone(object),
      metadata: { ...structuredClone(object.metadata), creationTimestamp, resourceVersion: String(revision) },
    });
    this.table(table).set(key, stored);
    this.#append({ table, revision, type: previous ? "MODIFIED" : "ADDED", object: stored, previous });
    return stored;
  }

  erase(table: string, object: KubeObject): KubeObject {
    const revision = ++this.#revision;
    this.table(table).delete(keyIn(object.metadata.namespace, object.metadata.name));
    const last = deepFreeze({ ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } });
    this.#append({ table, revision, type: "DELETED", object: last, previous: object });
    return last;
  }

  async *watch(table: string, namespace: string, options: WatchOptions): AsyncGenerator<WatchEvent<KubeObject>> {
    const { signal, resourceVersion } = options;
    const generation = this.#generation;
    const wanted = (object: KubeObject | undefined): object is KubeObject =>
      object !== undefined &&
      (namespace === "" || object.metadata.namespace === namespace) &&
      matchesSelectors(object, options);
    let at = resourceVersion === undefined ? this.#revision : Number(resourceVersion);
    if (resourceVersion === undefined) {
      for (const object of [...this.table(table).values()]) if (wanted(object)) yield { type: "ADDED", object };
    }
    let position = 0;
    let bookmarks = this.#bookmarks;
    while (!signal.aborted && generation === this.#generation) {
      if (at < this.#compacted) throw expired(at);
      for (; position < this.#log.length; position++) {
        const entry = this.#log[position];
        if (!entry || entry.revision <= at) continue;
        if (signal.aborted) return;
        at = entry.revision;
        if (entry.table !== table) continue;
        const is = entry.type !== "DELETED" && wanted(entry.object);
        const was = wanted(entry.previous);
        if (is) yield { type: was ? "MODIFIED" : "ADDED", object: entry.object };
        else if (was) yield { type: "DELETED", object: entry.object };
      }
      if (options.allowWatchBookmarks && bookmarks !== this.#bookmarks) {
        bookmarks = this.#bookmarks;
        yield { type: "BOOKMARK", object: { metadata: { resourceVersion: String(at) } } };
      }
      await this.#change(signal);
    }
  }

  #append(entry: LogEntry): void {
    this.#log.push(entry);
    this.#wake();
  }

  #wake(): void {
    const watchers = [...this.#watchers];
    this.#watchers.clear();
    for (const watcher of watchers) watcher();
  }

  #change(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const done = (): void => {
        signal.removeEventListener("abort", done);
        this.#watchers.delete(done);
        resolve();
      };
      signal.addEventListener("abort", done);
      this.#watchers.add(done);
    });
  }
}

function tableOf(gvr: GroupVersionResource): string {
  return gvr.group === "" ? gvr.resource : `${gvr.resource}.${gvr.group}`;
}

function expired(asked: number): StatusError {
  return failure(410, "Expired", `too old resource version: ${asked}`);
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  for (const member of Object.values(value)) deepFreeze(member);
  return Object.freeze(value);
}
