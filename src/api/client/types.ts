/**
 * How the scheduler, the controllers and the link talk to the API server: the same pipeline as over HTTPS (authorization,
 * admission, validation, audit apply), without a socket. Every client acts under an identity.
 *
 * Objects that come out are shared with everybody else and frozen in tests: copy before changing.
 * Errors are StatusError (src/machinery/status/error.ts), exactly those that an HTTP client would get.
 */
import type { GroupVersionResource, KubeObject } from "../../machinery/meta/object.ts";

export interface Client {
  /** `namespace` absent: cluster-scoped kinds, or all namespaces for list, watch and deleteCollection. */
  resource<T extends KubeObject>(gvr: GroupVersionResource, namespace?: string): ResourceClient<T>;
  /** The same pipeline under another identity. */
  as(user: UserInfo): Client;
}

export interface UserInfo {
  readonly name: string;
  readonly groups: readonly string[];
  readonly uid?: string;
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

export interface ResourceClient<T extends KubeObject> {
  get(name: string, options?: { readonly resourceVersion?: string }): Promise<T>;
  list(options?: ListOptions): Promise<ObjectList<T>>;
  create(object: T, options?: WriteOptions): Promise<T>;
  /** Compare-and-swap on metadata.resourceVersion where the object has one. */
  update(object: T, options?: WriteOptions & { readonly subresource?: string }): Promise<T>;
  updateStatus(object: T, options?: WriteOptions): Promise<T>;
  patch(name: string, patch: PatchBody, options?: WriteOptions & { readonly subresource?: string }): Promise<T>;
  /** Resolves with the object as it is now (being deleted) or as it last was. */
  delete(name: string, options?: DeleteOptions): Promise<T>;
  deleteCollection(list?: ListOptions, options?: DeleteOptions): Promise<void>;
  /** POST to a subresource with a body of its own kind: "binding", "eviction", "token". */
  createSubresource<B extends object, R = unknown>(
    name: string,
    subresource: string,
    body: B,
    options?: WriteOptions,
  ): Promise<R>;
  /**
   * The iterator ends when `signal` aborts; it throws StatusError 410 (reason Expired or Gone) when the history is
   * lost or the reader was too slow. `resourceVersion` absent: starts with synthetic ADDED events for what exists.
   */
  watch(options: WatchOptions): AsyncIterable<WatchEvent<T>>;
}

export interface ObjectList<T> {
  readonly items: readonly T[];
  readonly metadata: {
    readonly resourceVersion: string;
    readonly continue?: string;
    readonly remainingItemCount?: number;
  };
}

export interface ListOptions {
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly limit?: number;
  readonly continue?: string;
  readonly resourceVersion?: string;
}

export interface WatchOptions {
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly resourceVersion?: string;
  readonly allowWatchBookmarks?: boolean;
  readonly signal: AbortSignal;
}

export type WatchEvent<T> =
  | { readonly type: "ADDED" | "MODIFIED" | "DELETED"; readonly object: T }
  /** Only the resourceVersion of the object means something. */
  | { readonly type: "BOOKMARK"; readonly object: T };

export interface WriteOptions {
  readonly fieldManager?: string;
  readonly dryRun?: boolean;
}

export type PatchBody =
  | { readonly type: "json"; readonly patch: readonly JsonPatchOperation[] }
  | { readonly type: "merge"; readonly patch: object }
  | { readonly type: "strategic"; readonly patch: object };

export interface JsonPatchOperation {
  readonly op: "add" | "remove" | "replace" | "move" | "copy" | "test";
  readonly path: string;
  readonly from?: string;
  readonly value?: unknown;
}

export interface DeleteOptions {
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: "Orphan" | "Background" | "Foreground";
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
  readonly dryRun?: boolean;
}

/** A cache of one kind, kept current by list and watch. Handlers get every change in order; a re-list is told as the differences. */
export interface Informer<T extends KubeObject> {
  /** Handlers added late are first told of everything in the cache (`add`). Handlers are synchronous and must not throw. */
  addHandler(handler: InformerHandler<T>): void;
  /** Resolves when the first list is in the cache and every handler has been told of it. */
  synced(): Promise<void>;
  readonly hasSynced: boolean;
  readonly lister: Lister<T>;
  /** A named index: `keys(object)` gives the values under which byIndex finds it. Before start() only. */
  addIndex(name: string, keys: (object: T) => readonly string[]): void;
}

export interface InformerHandler<T> {
  add?(object: T): void;
  update?(object: T, old: T): void;
  /** The last state known. */
  delete?(object: T): void;
}

export interface Lister<T> {
  /** `key` as keyOf() gives it: "namespace/name" or "name". */
  get(key: string): T | undefined;
  list(namespace?: string): readonly T[];
  byIndex(index: string, value: string): readonly T[];
}

/** One informer per kind for the whole process: every caller of informer() shares it. */
export interface InformerFactory {
  informer<T extends KubeObject>(gvr: GroupVersionResource): Informer<T>;
  /** The informer of the kind if somebody has asked for it: a caller that would not have a cache made for itself alone. */
  known(gvr: GroupVersionResource): Informer<KubeObject> | undefined;
  /** Starts what was asked for so far; may be called again. */
  start(): void;
  /** Resolves when all started informers have synced. */
  synced(): Promise<void>;
  stop(): Promise<void>;
}

/** Emits Events, folding repetitions (count, series) and limiting a noisy source, as client-go's recorder does. Never throws, never waits. */
export interface EventRecorder {
  event(about: KubeObject, type: "Normal" | "Warning", reason: string, message: string): void;
}
