/** The order of merged lists: what a patch names comes in the patch's order, what only the server has stays where it was. */
import { getKey, isObject } from "../meta/immutable.ts";

/** How items are told apart: by their merge key, or (lists of primitives) by themselves. */
export type Identity = (item: unknown) => unknown;

export function identityBy(mergeKey: string | undefined): Identity {
  if (mergeKey === undefined) return (item) => item;
  return (item) => (isObject(item) ? getKey(item, mergeKey) : undefined);
}

/** Where each item of a list stands, by identity; of items that are the same, the first. */
export class ItemIndex {
  readonly #positions = new Map<unknown, number>();
  readonly #identity: Identity;

  constructor(list: readonly unknown[], identity: Identity) {
    this.#identity = identity;
    list.forEach((item, i) => {
      this.add(item, i);
    });
  }

  add(item: unknown, position: number): void {
    const key = keyOf(this.#identity(item));
    if (!this.#positions.has(key)) this.#positions.set(key, position);
  }

  /** -1 where the list has no such item. */
  of(item: unknown): number {
    return this.#positions.get(keyOf(this.#identity(item))) ?? -1;
  }

  has(item: unknown): boolean {
    return this.of(item) >= 0;
  }
}

/**
 * `merged`, reordered: the items that `order` names in its order, the others in `live`'s, interleaved so that each
 * stands before the first named item that it preceded in `live`.
 */
export function orderElements(
  merged: readonly unknown[],
  order: readonly unknown[],
  live: readonly unknown[],
  identity: Identity,
): unknown[] {
  const place = new ItemIndex(order, identity);
  const livePlace = new ItemIndex(live, identity);
  const named = merged.filter((item) => place.has(item)).sort((a, b) => place.of(a) - place.of(b));
  const others = merged.filter((item) => !place.has(item));
  const result: unknown[] = [];
  let next = 0;
  for (const item of named) {
    const limit = livePlace.of(item);
    while (next < others.length) {
      const own = livePlace.of(others[next]);
      if (own < 0 || limit < 0 || own >= limit) break;
      result.push(others[next++]);
    }
    result.push(item);
  }
  return [...result, ...others.slice(next)];
}

/** Merge keys are strings and numbers; should one be an object, its text stands for it. */
function keyOf(id: unknown): unknown {
  return typeof id === "object" && id !== null ? JSON.stringify(id) : id;
}
