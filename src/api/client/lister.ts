/** The cache behind an informer: objects by key, by namespace and by named indexes. Objects are shared, never copied. */
import { type KubeObject, keyOf } from "../../machinery/meta/object.ts";
import type { Lister } from "./types.ts";

interface Index<T> {
  readonly keys: (object: T) => readonly string[];
  readonly values: Map<string, Map<string, T>>;
}

const nothing: readonly never[] = Object.freeze([]);

export class ObjectCache<T extends KubeObject> implements Lister<T> {
  readonly #objects = new Map<string, T>();
  readonly #namespaces = new Map<string, Map<string, T>>();
  readonly #indexes = new Map<string, Index<T>>();
  /** Lists handed out since the last change, by namespace ("" for all): listing again costs nothing. */
  readonly #lists = new Map<string, readonly T[]>();

  addIndex(name: string, keys: (object: T) => readonly string[]): void {
    if (this.#indexes.has(name)) throw new Error(`there is already an index ${name}`);
    this.#indexes.set(name, { keys, values: new Map() });
  }

  get(key: string): T | undefined {
    return this.#objects.get(key);
  }

  list(namespace = ""): readonly T[] {
    const known = this.#lists.get(namespace);
    if (known) return known;
    const objects = namespace === "" ? this.#objects : this.#namespaces.get(namespace);
    if (!objects) return nothing;
    const list = [...objects.values()];
    this.#lists.set(namespace, list);
    return list;
  }

  byIndex(index: string, value: string): readonly T[] {
    const known = this.#indexes.get(index);
    if (!known) throw new Error(`there is no index ${index}`);
    const objects = known.values.get(value);
    return objects ? [...objects.values()] : nothing;
  }

  keys(): IterableIterator<string> {
    return this.#objects.keys();
  }

  get size(): number {
    return this.#objects.size;
  }

  /** Returns what stood there before. */
  set(object: T): T | undefined {
    const key = keyOf(object);
    const old = this.#objects.get(key);
    this.#objects.set(key, object);
    const namespace = object.metadata.namespace;
    if (namespace) put(this.#namespaces, namespace, key, object);
    for (const index of this.#indexes.values()) reindex(index, key, old, object);
    this.#forgetLists(namespace);
    return old;
  }

  delete(key: string): T | undefined {
    const old = this.#objects.get(key);
    if (!old) return undefined;
    this.#objects.delete(key);
    const namespace = old.metadata.namespace;
    if (namespace) take(this.#namespaces, namespace, key);
    for (const index of this.#indexes.values()) for (const value of index.keys(old)) take(index.values, value, key);
    this.#forgetLists(namespace);
    return old;
  }

  #forgetLists(namespace: string | undefined): void {
    if (this.#lists.size === 0) return;
    this.#lists.delete("");
    if (namespace) this.#lists.delete(namespace);
  }
}

function reindex<T>(index: Index<T>, key: string, old: T | undefined, object: T): void {
  const values = index.keys(object);
  if (old) for (const value of index.keys(old)) if (!values.includes(value)) take(index.values, value, key);
  for (const value of values) put(index.values, value, key, object);
}

function put<T>(groups: Map<string, Map<string, T>>, group: string, key: string, object: T): void {
  const members = groups.get(group);
  if (members) members.set(key, object);
  else groups.set(group, new Map([[key, object]]));
}

function take<T>(groups: Map<string, Map<string, T>>, group: string, key: string): void {
  const members = groups.get(group);
  if (members?.delete(key) && members.size === 0) groups.delete(group);
}
