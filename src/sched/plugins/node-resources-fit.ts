import type { Node } from "../../machinery/types/core/v1.ts";
import type { NodeFilter, NodeScorer, Plugin } from "../framework/types.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";
import { amounts } from "../snapshot/pod-requests.ts";
import { cpuColumn, memoryColumn, podsColumn } from "../snapshot/resource-columns.ts";
import type { ResourceColumn, Snapshot } from "../snapshot/snapshot.ts";

/** LeastAllocated spreads pods over the nodes, MostAllocated packs them. */
export type ScoringStrategy = "LeastAllocated" | "MostAllocated";

/** A node must have left what the pod asks for: cpu, memory, storage, extended resources, and room for one pod more. */
export function nodeResourcesFit(strategy: ScoringStrategy = "LeastAllocated"): Plugin {
  return {
    name: "NodeResourcesFit",
    sign: (pod) => signatureOf(pod),
    filter: (pod, snapshot) => new FitFilter(pod, snapshot),
    score: (pod, snapshot) => new AllocationScorer(pod, snapshot, strategy),
    mayHelp(pod, event) {
      if (event.kind === "podFreed") {
        return event.pod.requests.some(({ column }) => pod.requests.some((wanted) => wanted.column === column));
      }
      return event.kind === "nodeAdded" || offersMore(event.node, event.old);
    },
  };
}

export function signatureOf(pod: PodInfo): string {
  let text = `${pod.scoredCpu},${pod.scoredMemory}`;
  for (const { column, amount } of pod.requests) text += `;${column}:${amount}`;
  return text;
}

function offersMore(node: Node, old: Node): boolean {
  const before = amounts(old.status?.allocatable);
  for (const [name, amount] of amounts(node.status?.allocatable)) if (amount > (before.get(name) ?? 0)) return true;
  return false;
}

class FitFilter implements NodeFilter {
  readonly reads = "load";
  readonly #pod: PodInfo;
  readonly #snapshot: Snapshot;
  readonly #columns: readonly ResourceColumn[];
  readonly #amounts: Float64Array;

  constructor(pod: PodInfo, snapshot: Snapshot) {
    this.#pod = pod;
    this.#snapshot = snapshot;
    this.#columns = pod.requests.map(({ column }) => snapshot.column(column));
    this.#amounts = Float64Array.from(pod.requests, ({ amount }) => amount);
  }

  passes(slot: number): boolean {
    const columns = this.#columns;
    for (let i = 0; i < columns.length; i++) {
      const column = columns[i] as ResourceColumn;
      const free = (column.allocatable[slot] as number) - (column.requested[slot] as number);
      if ((this.#amounts[i] as number) > free) return false;
    }
    return true;
  }

  refusal(slot: number) {
    const reasons: string[] = [];
    let resolvable = true;
    for (const { column, amount } of this.#pod.requests) {
      const { allocatable, requested } = this.#snapshot.column(column);
      const offered = allocatable[slot] ?? 0;
      if (amount <= offered - (requested[slot] ?? 0)) continue;
      // More than the empty node has: no pod that leaves would help.
      if (amount > offered) resolvable = false;
      reasons.push(column === podsColumn ? "Too many pods" : `Insufficient ${this.#snapshot.columns.name(column)}`);
    }
    return { reasons, resolvable };
  }
}

class AllocationScorer implements NodeScorer {
  readonly reads = "load";
  readonly #scored: Snapshot["scored"];
  readonly #cpuColumn: ResourceColumn;
  readonly #memoryColumn: ResourceColumn;
  readonly #cpu: number;
  readonly #memory: number;
  readonly #most: boolean;

  constructor(pod: PodInfo, snapshot: Snapshot, strategy: ScoringStrategy) {
    this.#scored = snapshot.scored;
    this.#cpuColumn = snapshot.column(cpuColumn);
    this.#memoryColumn = snapshot.column(memoryColumn);
    this.#cpu = pod.scoredCpu;
    this.#memory = pod.scoredMemory;
    this.#most = strategy === "MostAllocated";
  }

  score(slot: number): number {
    const cpu = this.#cpuColumn.allocatable[slot] ?? 0;
    const memory = this.#memoryColumn.allocatable[slot] ?? 0;
    let sum = 0;
    let weight = 0;
    if (cpu > 0) {
      sum += this.#share((this.#scored.cpu[slot] ?? 0) + this.#cpu, cpu);
      weight++;
    }
    if (memory > 0) {
      sum += this.#share((this.#scored.memory[slot] ?? 0) + this.#memory, memory);
      weight++;
    }
    return weight === 0 ? 0 : Math.floor(sum / weight);
  }

  /** Whole points out of 100, as integer division gives them. */
  #share(requested: number, capacity: number): number {
    if (this.#most) return Math.floor((Math.min(requested, capacity) * 100) / capacity);
    return requested > capacity ? 0 : Math.floor(((capacity - requested) * 100) / capacity);
  }
}
