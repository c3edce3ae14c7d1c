/** A pod's wishes, compiled by every plugin of the profile. Good for all pods with the same signature. */
import type { PodInfo } from "../snapshot/pod-info.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import type { NodeFilter, NodeScorer, Profile, Refusal } from "./types.ts";

export interface NamedFilter {
  readonly plugin: string;
  readonly filter: NodeFilter;
}

export interface WeightedScorer {
  readonly weight: number;
  readonly scorer: NodeScorer;
}

export interface CompiledPod {
  /** What depends on Node objects alone comes first, then the rest; the profile's order within. */
  readonly filters: readonly NamedFilter[];
  /** How many of `filters` depend on Node objects alone. */
  readonly nodeFilters: number;
  readonly scorers: readonly WeightedScorer[];
  /** Some part of it reads the whole cluster: nothing can be kept from pod to pod. */
  readonly readsCluster: boolean;
  /** The only nodes that can pass, and the plugins that say so. */
  readonly only?: { readonly names: ReadonlySet<string>; readonly plugins: readonly string[] };
  /** PreFilter refused it as a whole. */
  readonly refused?: Refusal & { readonly plugin: string };
}

export function compilePod(pod: PodInfo, profile: Profile, snapshot: Snapshot): CompiledPod {
  const byNode: NamedFilter[] = [];
  const byLoad: NamedFilter[] = [];
  const scorers: WeightedScorer[] = [];
  let names: ReadonlySet<string> | undefined;
  const narrowing: string[] = [];
  for (const { plugin, weight } of profile) {
    const filter = plugin.filter?.(pod, snapshot);
    if (filter && "reasons" in filter) {
      const refused = { ...filter, plugin: plugin.name };
      return { filters: [], nodeFilters: 0, scorers: [], readsCluster: false, refused };
    }
    if (filter) (filter.reads === "node" ? byNode : byLoad).push({ plugin: plugin.name, filter });
    if (filter?.only) {
      names = names ? intersection(names, filter.only) : filter.only;
      narrowing.push(plugin.name);
    }
    const scorer = plugin.score?.(pod, snapshot);
    if (scorer) scorers.push({ weight, scorer });
  }
  const filters = [...byNode, ...byLoad];
  const parts = [...filters.map(({ filter }) => filter), ...scorers.map(({ scorer }) => scorer)];
  return {
    filters,
    nodeFilters: byNode.length,
    scorers,
    readsCluster: parts.some(({ reads }) => reads === "cluster"),
    ...(names ? { only: { names, plugins: narrowing.sort() } } : {}),
  };
}

/** What pods have in common that fit the same nodes equally well; undefined where some plugin takes every pod for itself. */
export function signPod(pod: PodInfo, profile: Profile): string | undefined {
  let signature = "";
  for (const { plugin } of profile) {
    if (!plugin.filter && !plugin.score) continue;
    const part = plugin.sign?.(pod);
    if (part === undefined) return undefined;
    signature += `${part}\n`;
  }
  return signature;
}

function intersection(a: ReadonlySet<string>, b: ReadonlySet<string>): ReadonlySet<string> {
  return new Set([...a].filter((name) => b.has(name)));
}
