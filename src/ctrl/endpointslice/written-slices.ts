import type { Lister } from "../../api/client/types.ts";
import { keyOf } from "../../machinery/meta/object.ts";
import type { EndpointSlice } from "../../machinery/types/discovery/v1.ts";

/**
 * What the controller has written and its cache has not seen yet. Reconciling on such a cache would write it again: a
 * second slice with the same endpoints.
 */
export class WrittenSlices {
  /** By Service key, then slice key: the revision written; undefined for a slice that was taken away. */
  readonly #written = new Map<string, Map<string, { readonly revision: number; readonly gone: boolean }>>();

  wrote(serviceKey: string, slice: EndpointSlice): void {
    this.#note(serviceKey, slice, false);
  }

  removed(serviceKey: string, slice: EndpointSlice): void {
    this.#note(serviceKey, slice, true);
  }

  /** Whether the cache shows everything written for the Service. */
  allSeen(serviceKey: string, slices: Lister<EndpointSlice>): boolean {
    const written = this.#written.get(serviceKey);
    if (!written) return true;
    for (const [key, { revision, gone }] of written) {
      const cached = slices.get(key);
      const seen = gone
        ? cached === undefined || revisionOf(cached) > revision
        : cached && revisionOf(cached) >= revision;
      if (seen) written.delete(key);
    }
    if (written.size > 0) return false;
    this.#written.delete(serviceKey);
    return true;
  }

  /** Somebody took the slice away: it will not be seen any more. */
  forget(serviceKey: string, slice: EndpointSlice): void {
    this.#written.get(serviceKey)?.delete(keyOf(slice));
  }

  #note(serviceKey: string, slice: EndpointSlice, gone: boolean): void {
    const written = this.#written.get(serviceKey) ?? new Map();
    this.#written.set(serviceKey, written);
    written.set(keyOf(slice), { revision: revisionOf(slice), gone });
  }
}

function revisionOf(slice: EndpointSlice): number {
  return Number(slice.metadata.resourceVersion ?? 0);
}
