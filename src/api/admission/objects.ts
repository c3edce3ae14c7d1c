import type { KubeObject } from "../../machinery/meta/object.ts";
import type { Store } from "../../store/types.ts";
import { parsedOf } from "../serialize/parsed.ts";

/**
 * Other objects, as plugins look at them: straight out of the store, where the newest state is in memory and parsed at most
 * once. So there is no cache to fill, and what a client has been told is written, its next request is judged by.
 * Shared, read-only. Only for kinds that are stored in the one form they have.
 */
export class AdmissionObjects {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** `namespace` "" for what has none. */
  async get<T extends KubeObject>(plural: string, namespace: string, name: string): Promise<T | undefined> {
    const entry = await this.#store.get(`${prefixOf(plural, namespace)}${name}`);
    return entry && (parsedOf(entry.value) as KubeObject as T);
  }

  /** In the order of their names. */
  async list<T extends KubeObject>(plural: string, namespace = "", limit = 0): Promise<readonly T[]> {
    const { entries } = await this.#store.list({ prefix: prefixOf(plural, namespace), limit });
    return entries.map(({ value }) => parsedOf(value) as KubeObject as T);
  }
}

function prefixOf(plural: string, namespace: string): string {
  return namespace === "" ? `/registry/${plural}/` : `/registry/${plural}/${namespace}/`;
}
