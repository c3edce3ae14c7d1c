/**
 * Fits endpoints into slices of at most a hundred with as few writes as can be: endpoints stay in their slice, new ones
 * go where something is written anyway, then into one slice with room, and only then into new slices.
 */
import { isDeepStrictEqual } from "node:util";
import type { Endpoint, EndpointPort, EndpointSlice } from "../../machinery/types/discovery/v1.ts";

export const sliceCapacity = 100;

export interface PackedSlices {
  readonly create: readonly (readonly Endpoint[])[];
  readonly update: readonly { readonly slice: EndpointSlice; readonly endpoints: readonly Endpoint[] }[];
  readonly remove: readonly EndpointSlice[];
  readonly keep: readonly EndpointSlice[];
}

/** `existing` and `endpoints` are of one address type and one set of ports. */
export function packEndpoints(existing: readonly EndpointSlice[], endpoints: readonly Endpoint[]): PackedSlices {
  const wanted = new Map(endpoints.map((endpoint) => [identity(endpoint), endpoint]));
  const update: { slice: EndpointSlice; endpoints: Endpoint[] }[] = [];
  const remove: EndpointSlice[] = [];
  let keep: EndpointSlice[] = [];
  for (const slice of existing) {
    const before = slice.endpoints ?? [];
    const after: Endpoint[] = [];
    for (const endpoint of before) {
      const key = identity(endpoint);
      const now = wanted.get(key);
      wanted.delete(key);
      if (now) after.push(isDeepStrictEqual(endpoint, now) ? endpoint : now);
    }
    if (after.length === 0) remove.push(slice);
    else if (after.length !== before.length || after.some((one, i) => one !== before[i])) {
      update.push({ slice, endpoints: after });
    } else keep.push(slice);
  }
  const fresh = [...wanted.values()];
  fill(update, fresh);
  // A slice that would only be taken away may as well take the newcomers.
  while (fresh.length > 0) {
    const slice = remove.pop();
    if (!slice) break;
    update.push({ slice, endpoints: fresh.splice(0, sliceCapacity) });
  }
  if (fresh.length > 0 && fresh.length < sliceCapacity) {
    const roomy = keep.filter((slice) => (slice.endpoints?.length ?? 0) + fresh.length <= sliceCapacity);
    roomy.sort((a, b) => (b.endpoints?.length ?? 0) - (a.endpoints?.length ?? 0));
    const [fullest] = roomy;
    if (fullest) {
      keep = keep.filter((slice) => slice !== fullest);
      update.push({ slice: fullest, endpoints: [...(fullest.endpoints ?? []), ...fresh.splice(0)] });
    }
  }
  const create: Endpoint[][] = [];
  while (fresh.length > 0) create.push(fresh.splice(0, sliceCapacity));
  return { create, update, remove, keep };
}

/** A text that is the same for the same ports in whatever order. */
export function portsKey(ports: readonly EndpointPort[] | undefined): string {
  const parts = (ports ?? []).map(({ name = "", protocol = "TCP", port, appProtocol = "" }) =>
    [name, protocol, port, appProtocol].join("/"),
  );
  return parts.sort().join(",");
}

function identity(endpoint: Endpoint): string {
  return `${endpoint.addresses[0]} ${endpoint.targetRef?.uid ?? ""}`;
}

function fill(update: { endpoints: Endpoint[] }[], fresh: Endpoint[]): void {
  for (const { endpoints } of update) {
    if (fresh.length === 0) return;
    endpoints.push(...fresh.splice(0, sliceCapacity - endpoints.length));
  }
}
