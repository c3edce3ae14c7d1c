/**
 * How many seats a request takes (k8s.io/apiserver/pkg/util/flowcontrol/request). A list takes one for every hundred objects
 * that it has to look at; a write one for every hundred watchers that are told of it, since the fan-out is done in the turn
 * in which the write becomes durable, before its promise resolves: no seat has to be held afterwards.
 */
import type { Store } from "../../store/types.ts";
import type { ResourceRequest } from "../http/request-info.ts";
import type { Registry } from "../registry/registry.ts";
import type { WatchHub } from "../watch/hub.ts";

const objectsPerSeat = 100;
const watchersPerSeat = 100;
const maximumSeats = 10;

export interface Estimated {
  readonly verb: string;
  readonly request: ResourceRequest;
  readonly query: URLSearchParams | undefined;
}

export class WorkEstimator {
  readonly #store: Store;
  readonly #registry: Registry;
  readonly #hub: WatchHub;

  constructor(store: Store, registry: Registry, hub: WatchHub) {
    this.#store = store;
    this.#registry = registry;
    this.#hub = hub;
  }

  estimate({ verb, request, query }: Estimated): number | Promise<number> {
    switch (verb) {
      case "get":
        return 1;
      case "list":
      case "deletecollection":
        return this.#list(request, query);
      case "watch":
        return sendsInitialEvents(query) ? this.#list(request, query) : 1;
      default:
        return this.#write(request);
    }
  }

  #list({ apiVersion, resource: plural, namespace }: ResourceRequest, query: URLSearchParams | undefined) {
    const resource = this.#registry.find(apiVersion, plural);
    if (resource === undefined || query?.get("fieldSelector")?.includes("metadata.name=")) return 1;
    const limit = Number(query?.get("limit") ?? 0);
    // A selector looks at more than it gives.
    const bounded = limit > 0 && !query?.get("labelSelector") && !query?.get("fieldSelector");
    return this.#store
      .count(resource.prefixOf(namespace))
      .then((stored) => seats(bounded ? Math.min(limit, stored) : stored, objectsPerSeat));
  }

  #write({ apiVersion, resource: plural }: ResourceRequest): number {
    const resource = this.#registry.find(apiVersion, plural);
    return resource === undefined ? 1 : seats(this.#hub.watchers(resource.prefix), watchersPerSeat);
  }
}

function seats(amount: number, perSeat: number): number {
  return Math.min(maximumSeats, Math.max(1, Math.ceil(amount / perSeat)));
}

function sendsInitialEvents(query: URLSearchParams | undefined): boolean {
  const version = query?.get("resourceVersion") ?? "";
  return query?.get("sendInitialEvents") === "true" || version === "" || version === "0";
}
