/**
 * How fast pods may be evicted, by zone: a zone of which most is gone has more likely lost its network than its nodes
 * (https://kubernetes.io/docs/concepts/architecture/nodes/#rate-limits-on-eviction).
 */
import type { Node } from "../../machinery/types/core/v1.ts";

export type ZoneState = "Normal" | "PartialDisruption" | "FullDisruption";

/** Nodes per second. */
const rate = 0.1;
const slowRate = 0.01;
const unhealthyShare = 0.55;
/** A zone with no more nodes than this stops evicting in a partial disruption. */
const largeZone = 50;

export function zoneOf(node: Node): string {
  const labels = node.metadata.labels ?? {};
  const region = labels["topology.kubernetes.io/region"] ?? labels["failure-domain.beta.kubernetes.io/region"] ?? "";
  const zone = labels["topology.kubernetes.io/zone"] ?? labels["failure-domain.beta.kubernetes.io/zone"] ?? "";
  return region === "" && zone === "" ? "" : `${region}:\0:${zone}`;
}

export function zoneState(size: number, ready: number): ZoneState {
  const bad = size - ready;
  if (ready === 0 && bad > 0) return "FullDisruption";
  return bad > 2 && bad / size >= unhealthyShare ? "PartialDisruption" : "Normal";
}

/** Gives each zone its turns to evict: one node at once, then by rate. */
export class EvictionBudget {
  readonly #zones = new Map<string, { tokens: number; at: number }>();

  /** Whether one more node of the zone may be evicted at `now` (Clock.elapsed()). */
  take(zone: string, state: ZoneState, size: number, now: number): boolean {
    const perSecond = state !== "PartialDisruption" ? rate : size > largeZone ? slowRate : 0;
    const budget = this.#zones.get(zone) ?? { tokens: 1, at: now };
    this.#zones.set(zone, budget);
    budget.tokens = Math.min(1, budget.tokens + ((now - budget.at) / 1000) * perSecond);
    budget.at = now;
    // A hair less than one, for the sake of sums of tenths.
    if (perSecond === 0 || budget.tokens < 1 - 1e-9) return false;
    budget.tokens = 0;
    return true;
  }
}
