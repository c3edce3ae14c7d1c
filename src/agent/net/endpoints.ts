/** Who answers behind a Service's port, out of its EndpointSlices. */
import type { EndpointHints, EndpointSlice } from "../../machinery/types/discovery/v1.ts";
import type { Family, ServicePort } from "./service-ports.ts";

export interface Target {
  readonly address: string;
  readonly port: number;
  /** On this node. */
  readonly local: boolean;
}

export interface Targets {
  /** Sorted, each once. */
  readonly cluster: readonly Target[];
  readonly local: readonly Target[];
}

/** Where this node is. */
export interface Place {
  readonly nodeName: string;
  /** Its topology.kubernetes.io/zone; absent: not known. */
  readonly zone?: string;
}

interface Candidate extends Target {
  readonly hints: EndpointHints | undefined;
  readonly ready: boolean;
  readonly lastResort: boolean;
}

/**
 * The ready endpoints; where none is ready, those that are terminating but still serve, so that the last pod of a rollout
 * is not cut off before a new one is there (KEP-1669). The same holds among the local ones by themselves.
 */
export function targetsOf(
  port: Pick<ServicePort, "name" | "protocol">,
  slices: Iterable<EndpointSlice>,
  family: Family,
  place: Place,
): Targets {
  const { nodeName } = place;
  const candidates = new Map<string, Candidate>();
  for (const slice of slices) {
    if (slice.addressType !== (family === "ip" ? "IPv4" : "IPv6")) continue;
    const number = slice.ports?.find((one) => matches(one, port))?.port;
    if (!number) continue;
    for (const { addresses, conditions, nodeName: home, hints } of slice.endpoints ?? []) {
      const [address] = addresses;
      if (address === undefined) continue;
      const ready = conditions?.ready !== false;
      const lastResort = conditions?.terminating === true && (conditions.serving ?? ready);
      if (!ready && !lastResort) continue;
      const key = `${address} ${number}`;
      // The same pod may be in two slices for a moment; what is ready in one of them is ready.
      if (ready || !candidates.has(key)) {
        candidates.set(key, { address, port: number, local: home === nodeName, ready, lastResort, hints });
      }
    }
  }
  const all = [...candidates.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, candidate]) => candidate);
  return { cluster: usable(close(all, place)), local: usable(all.filter(({ local }) => local)) };
}

/**
 * What is near, where the slices say of every ready endpoint for whom it is (spec.trafficDistribution) and one is for this
 * node, or for its zone. Otherwise all: far is better than nowhere.
 */
function close(all: readonly Candidate[], { nodeName, zone }: Place): readonly Candidate[] {
  const ready = all.filter((candidate) => candidate.ready);
  const near = (
    names: (hints: EndpointHints | undefined) => readonly { readonly name: string }[] | undefined,
    own: string,
  ) => {
    if (!ready.every(({ hints }) => names(hints)?.length)) return [];
    return ready.filter(({ hints }) => names(hints)?.some(({ name }) => name === own));
  };
  const onNode = near((hints) => hints?.forNodes, nodeName);
  if (onNode.length > 0) return onNode;
  const inZone = zone === undefined ? [] : near((hints) => hints?.forZones, zone);
  return inZone.length > 0 ? inZone : all;
}

function matches(
  one: { readonly name?: string; readonly protocol?: string },
  port: Pick<ServicePort, "name" | "protocol">,
): boolean {
  return (one.name ?? "") === port.name && (one.protocol ?? "TCP").toLowerCase() === port.protocol;
}

function usable(candidates: readonly Candidate[]): Target[] {
  const ready = candidates.filter((candidate) => candidate.ready);
  const chosen = ready.length > 0 ? ready : candidates.filter(({ lastResort }) => lastResort);
  return chosen.map(({ address, port, local }) => ({ address, port, local }));
}
