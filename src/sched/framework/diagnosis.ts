/** Why a pod found no node: every refusal by plugin and node, and kube-scheduler's sentence for it. */
import type { Refusal } from "./types.ts";

export interface NodeRefusal extends Refusal {
  readonly plugin: string;
  /** The nodes that were refused so. */
  readonly nodes: readonly string[];
}

export interface Diagnosis {
  readonly nodeCount: number;
  readonly refusals: readonly NodeRefusal[];
  /** Refused as a whole, before any node was looked at. */
  readonly preFilter?: Refusal & { readonly plugin: string };
  /** What PostFilter had to say. */
  readonly postFilter?: string;
}

export function refusingPlugins(diagnosis: Diagnosis): ReadonlySet<string> {
  const plugins = new Set(diagnosis.refusals.map((refusal) => refusal.plugin));
  if (diagnosis.preFilter) plugins.add(diagnosis.preFilter.plugin);
  return plugins;
}

/** "0/3 nodes are available: 1 node(s) were unschedulable, 2 Insufficient cpu. preemption: …" */
export function diagnosisMessage(diagnosis: Diagnosis): string {
  if (diagnosis.nodeCount === 0) return "no nodes available to schedule pods";
  const { nodeCount, preFilter, postFilter } = diagnosis;
  const why = preFilter ? preFilter.reasons.join(", ") : histogram(diagnosis.refusals);
  return `0/${nodeCount} nodes are available:${why ? ` ${why}.` : ""}${postFilter ? ` ${postFilter}` : ""}`;
}

/** "1 a, 2 b", sorted as text, a node with several reasons counted under each. */
export function histogram(refusals: readonly { reasons: readonly string[]; nodes: readonly string[] }[]): string {
  const counts = new Map<string, number>();
  for (const { reasons, nodes } of refusals) {
    for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + nodes.length);
  }
  const parts = [...counts].map(([reason, count]) => `${count} ${reason}`);
  return parts.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)).join(", ");
}
