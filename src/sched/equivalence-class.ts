/**
 * All pods with one signature: which nodes would take such a pod and which of them is best, kept from pod to pod and
 * brought up to date from the snapshot's journal. What one more pod costs does not depend on the number of nodes.
 */

import { diagnose } from "./diagnose.ts";
import type { CompiledPod, WeightedScorer } from "./framework/compiled-pod.ts";
import type { Diagnosis } from "./framework/diagnosis.ts";
import { normalized } from "./framework/normalize.ts";
import type { NodeFilter } from "./framework/types.ts";
import { MaxTree } from "./max-tree.ts";
import type { Snapshot } from "./snapshot/snapshot.ts";

/** A scorer whose points depend on the best of all nodes left. */
interface Normalized extends WeightedScorer {
  readonly raw: Float64Array;
  highest: number;
  /** How many of the nodes left have the highest score; at 0 it has to be looked for again. */
  atHighest: number;
}

export class EquivalenceClass {
  readonly #snapshot: Snapshot;
  readonly #pod: CompiledPod;
  readonly #filters: readonly NodeFilter[];
  readonly #nodeScorers: readonly WeightedScorer[];
  readonly #loadScorers: readonly WeightedScorer[];
  #normalized: Normalized[] = [];
  /** By slot: 0 passes, else 1 + the index of the filter that refuses; 255 no node. First those that read Node objects alone. */
  #nodeVerdict = new Uint8Array(0);
  #verdict = new Uint8Array(0);
  /** By slot: points that depend on the Node object alone, and all points; -1 where the pod cannot go. */
  #nodePoints = new Float64Array(0);
  #points = new Float64Array(0);
  /** Made when the class is first brought up to date; the first answer needs only a scan. */
  #tree: MaxTree | undefined;
  #best = 0;
  #feasible = 0;
  #position = -1;
  #epoch = 0;
  #diagnosis: Diagnosis | undefined;

  constructor(pod: CompiledPod, snapshot: Snapshot) {
    this.#pod = pod;
    this.#snapshot = snapshot;
    this.#filters = pod.filters.map(({ filter }) => filter);
    const plain = pod.scorers.filter(({ scorer }) => !scorer.normalize);
    this.#nodeScorers = plain.filter(({ scorer }) => scorer.reads === "node");
    this.#loadScorers = plain.filter(({ scorer }) => scorer.reads !== "node");
  }

  /** How many nodes would take such a pod, as of the last refresh(). */
  get feasible(): number {
    return this.#feasible;
  }

  /** The best slot, while feasible > 0. */
  get best(): number {
    return this.#tree?.best ?? this.#best;
  }

  score(slot: number): number {
    return this.#points[slot] ?? -1;
  }

  /** Catches up with the snapshot. */
  refresh(): void {
    const { journal } = this.#snapshot;
    const epoch = this.#currentEpoch();
    const behind = journal.end - this.#position;
    if (
      this.#position < 0 ||
      this.#pod.readsCluster ||
      epoch !== this.#epoch ||
      this.#points.length !== this.#snapshot.capacity ||
      behind > Math.max(64, this.#snapshot.end) ||
      !journal.reaches(this.#position)
    ) {
      this.#rebuild();
    } else if (behind > 0) {
      this.#diagnosis = undefined;
      this.#tree ??= new MaxTree(this.#points);
      let stale = false;
      for (let at = this.#position; at < journal.end; at++) {
        if (this.#update(journal.slotAt(at), journal.nodeChangedAt(at))) stale = true;
      }
      if (stale || this.#normalized.some(({ atHighest }) => atHighest === 0)) this.#renormalize();
    }
    this.#position = journal.end;
    this.#epoch = epoch;
  }

  /** Why no node is left, as of the last refresh(); shared by all pods that ask before anything changes. */
  diagnosis(): Diagnosis {
    this.#diagnosis ??= diagnose(this.#snapshot, this.#pod, (slot) => (this.#verdict[slot] ?? 0) - 1);
    return this.#diagnosis;
  }

  #currentEpoch(): number {
    let sum = 0;
    for (const { scorer } of this.#pod.scorers) sum += scorer.epoch?.() ?? 0;
    return sum;
  }

  #rebuild(): void {
    const { capacity, end } = this.#snapshot;
    if (this.#points.length !== capacity) {
      this.#nodeVerdict = new Uint8Array(capacity);
      this.#verdict = new Uint8Array(capacity);
      this.#nodePoints = new Float64Array(capacity);
      this.#points = new Float64Array(capacity).fill(-1);
    }
    this.#tree = undefined;
    this.#normalized = this.#pod.scorers
      .filter(({ scorer }) => scorer.normalize)
      .map((one, i) => ({ ...one, raw: this.#rawPoints(i, capacity), highest: 0, atHighest: 0 }));
    this.#diagnosis = undefined;
    this.#feasible = 0;
    for (let slot = 0; slot < end; slot++) {
      this.#judgeNode(slot);
      this.#judgeLoad(slot);
      if (this.#verdict[slot] === 0) this.#feasible++;
    }
    this.#renormalize();
  }

  /** True when the highest score of a normalized scorer has moved. */
  #update(slot: number, nodeChanged: boolean): boolean {
    let stale = false;
    if (this.#verdict[slot] === 0 && (this.#points[slot] ?? -1) >= 0) {
      this.#feasible--;
      for (const one of this.#normalized) if (one.raw[slot] === one.highest) one.atHighest--;
    }
    if (nodeChanged) this.#judgeNode(slot);
    this.#judgeLoad(slot);
    if (this.#verdict[slot] === 0) {
      this.#feasible++;
      for (const one of this.#normalized) {
        const raw = one.raw[slot] ?? 0;
        if (raw > one.highest) stale = true;
        else if (raw === one.highest) one.atHighest++;
      }
    }
    this.#sum(slot);
    this.#tree?.update(slot);
    return stale;
  }

  #renormalize(): void {
    for (const one of this.#normalized) {
      one.highest = 0;
      one.atHighest = 0;
      for (let slot = 0; slot < this.#snapshot.end; slot++) {
        if (this.#verdict[slot] !== 0) continue;
        const raw = one.raw[slot] ?? 0;
        if (raw > one.highest) {
          one.highest = raw;
          one.atHighest = 1;
        } else if (raw === one.highest) one.atHighest++;
      }
      // With no node left there is nothing to look for until one comes back.
      if (this.#feasible === 0) one.atHighest = -1;
    }
    this.#best = 0;
    for (let slot = 0; slot < this.#snapshot.end; slot++) {
      this.#sum(slot);
      if ((this.#points[slot] as number) > (this.#points[this.#best] as number)) this.#best = slot;
    }
    this.#tree?.rebuild();
  }

  #rawPoints(index: number, capacity: number): Float64Array {
    const known = this.#normalized[index]?.raw;
    return known?.length === capacity ? known : new Float64Array(capacity);
  }

  #judgeNode(slot: number): void {
    if (this.#snapshot.present[slot] !== 1) {
      this.#nodeVerdict[slot] = 255;
      return;
    }
    const filters = this.#filters;
    for (let i = 0; i < this.#pod.nodeFilters; i++) {
      if ((filters[i] as NodeFilter).passes(slot)) continue;
      this.#nodeVerdict[slot] = i + 1;
      return;
    }
    this.#nodeVerdict[slot] = 0;
    let points = 0;
    for (const { scorer, weight } of this.#nodeScorers) points += weight * scorer.score(slot);
    this.#nodePoints[slot] = points;
    for (const { scorer, raw } of this.#normalized) if (scorer.reads === "node") raw[slot] = scorer.score(slot);
  }

  #judgeLoad(slot: number): void {
    const nodeVerdict = this.#nodeVerdict[slot] ?? 255;
    this.#verdict[slot] = nodeVerdict;
    if (nodeVerdict !== 0) return;
    const filters = this.#filters;
    for (let i = this.#pod.nodeFilters; i < filters.length; i++) {
      if ((filters[i] as NodeFilter).passes(slot)) continue;
      this.#verdict[slot] = i + 1;
      return;
    }
    for (const { scorer, raw } of this.#normalized) if (scorer.reads !== "node") raw[slot] = scorer.score(slot);
  }

  #sum(slot: number): void {
    if (this.#verdict[slot] !== 0) {
      this.#points[slot] = -1;
      return;
    }
    let points = this.#nodePoints[slot] ?? 0;
    for (const { scorer, weight } of this.#loadScorers) points += weight * scorer.score(slot);
    for (const { scorer, weight, raw, highest } of this.#normalized) {
      if (scorer.normalize) points += weight * normalized(raw[slot] ?? 0, highest, scorer.normalize);
    }
    this.#points[slot] = points;
  }
}
