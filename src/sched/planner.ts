/** Snapshot and pod in, plan out: what the scheduler would do, without doing anything. */
import { diagnose } from "./diagnose.ts";
import { EquivalenceClass } from "./equivalence-class.ts";
import { type CompiledPod, compilePod, signPod } from "./framework/compiled-pod.ts";
import type { Diagnosis } from "./framework/diagnosis.ts";
import { normalized } from "./framework/normalize.ts";
import type { Profile } from "./framework/types.ts";
import type { PodInfo } from "./snapshot/pod-info.ts";
import type { Snapshot } from "./snapshot/snapshot.ts";

export type Plan =
  | { readonly nodeName: string; readonly score: number; readonly feasible: number }
  | { readonly nodeName: undefined; readonly diagnosis: Diagnosis };

/** Classes kept at most; each takes some 40 bytes per node. */
const classLimit = 128;

export class Planner {
  readonly #profile: Profile;
  readonly #snapshot: Snapshot;
  /** The most recently used last. */
  readonly #classes = new Map<string, EquivalenceClass | undefined>();
  /** Answers for pods that are the first of their kind: many kinds never see a second one. */
  #scratch: EquivalenceClass | undefined;

  constructor(profile: Profile, snapshot: Snapshot) {
    this.#profile = profile;
    this.#snapshot = snapshot;
  }

  /** `signature`: signPod() of the pod, where the caller has it at hand. */
  plan(pod: PodInfo, signature = signPod(pod, this.#profile)): Plan {
    const known = signature === undefined ? undefined : this.#classes.get(signature);
    if (known) {
      if (this.#classes.size > classLimit / 2) this.#touch(signature, known);
      return this.#planClass(known);
    }
    const compiled = compilePod(pod, this.#profile, this.#snapshot);
    if (compiled.refused || compiled.only) return this.#planFew(compiled);
    if (signature !== undefined && this.#classes.has(signature)) {
      const members = new EquivalenceClass(compiled, this.#snapshot);
      this.#touch(signature, members);
      return this.#planClass(members);
    }
    this.#touch(signature, undefined);
    if (this.#scratch) this.#scratch.become(compiled);
    else this.#scratch = new EquivalenceClass(compiled, this.#snapshot);
    return this.#planClass(this.#scratch);
  }

  #touch(signature: string | undefined, entry: EquivalenceClass | undefined): void {
    if (signature === undefined) return;
    this.#classes.delete(signature);
    this.#classes.set(signature, entry);
    if (this.#classes.size <= classLimit) return;
    const [oldest] = this.#classes.keys();
    if (oldest !== undefined) this.#classes.delete(oldest);
  }

  #planClass(members: EquivalenceClass): Plan {
    members.refresh();
    if (members.feasible === 0) return { nodeName: undefined, diagnosis: members.diagnosis() };
    const slot = members.best;
    return {
      nodeName: this.#snapshot.nodeName(slot),
      score: members.score(slot),
      feasible: members.feasible,
    };
  }

  /** For pods that name their nodes: nothing is kept, only those nodes are looked at. */
  #planFew(pod: CompiledPod): Plan {
    const feasible: number[] = [];
    const refusedBy = new Map<number, number>();
    for (const name of pod.only?.names ?? []) {
      const slot = this.#snapshot.slotOf(name);
      if (slot === undefined) continue;
      const refusing = pod.filters.findIndex(({ filter }) => !filter.passes(slot));
      if (refusing < 0) feasible.push(slot);
      else refusedBy.set(slot, refusing);
    }
    const [best] = scored(pod, feasible);
    if (!best) {
      return { nodeName: undefined, diagnosis: diagnose(this.#snapshot, pod, (slot) => refusedBy.get(slot) ?? -1) };
    }
    return { nodeName: this.#snapshot.nodeName(best.slot), score: best.score, feasible: feasible.length };
  }
}

/** The best first. */
function scored(pod: CompiledPod, slots: readonly number[]): { slot: number; score: number }[] {
  const totals = slots.map((slot) => ({ slot, score: 0 }));
  for (const { scorer, weight } of pod.scorers) {
    const raw = slots.map((slot) => scorer.score(slot));
    const highest = Math.max(0, ...raw);
    for (const [i, total] of totals.entries()) {
      const points = raw[i] ?? 0;
      total.score += weight * (scorer.normalize ? normalized(points, highest, scorer.normalize) : points);
    }
  }
  return totals.sort((a, b) => b.score - a.score || a.slot - b.slot);
}
