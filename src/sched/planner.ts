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
  | {
      readonly nodeName: string;
      readonly score: number;
      /** How many nodes were found that would take the pod; not all are looked for where there are very many. */
      readonly feasible: number;
    }
  | { readonly nodeName: undefined; readonly diagnosis: Diagnosis };

/** Classes kept at most; each takes some 40 bytes per node. */
const classLimit = 128;

export class Planner {
  readonly #profile: Profile;
  readonly #snapshot: Snapshot;
  /** The most recently used last. */
  readonly #classes = new Map<string, EquivalenceClass | undefined>();
  /** Where the next look at a part of the nodes begins. */
  #start = 0;

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
    if (compiled.refused || compiled.only) return this.#planAfresh(compiled);
    if (signature !== undefined && this.#classes.has(signature)) {
      const members = new EquivalenceClass(compiled, this.#snapshot);
      this.#touch(signature, members);
      return this.#planClass(members);
    }
    // The first of its kind; many kinds never see a second one, and to keep everything about all nodes would not pay.
    this.#touch(signature, undefined);
    return this.#planAfresh(compiled);
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

  /** Keeps nothing, and stops looking when there is choice enough. */
  #planAfresh(pod: CompiledPod): Plan {
    const { filters } = pod;
    const { end, present } = this.#snapshot;
    const enough = pod.only ? pod.only.names.size : choiceEnough(this.#snapshot.nodeCount);
    const feasible: number[] = [];
    const refusedBy = new Map<number, number>();
    const look = (slot: number): void => {
      for (let i = 0; i < filters.length; i++) {
        if (filters[i]?.filter.passes(slot)) continue;
        refusedBy.set(slot, i);
        return;
      }
      feasible.push(slot);
    };
    if (pod.only) {
      for (const name of pod.only.names) {
        const slot = this.#snapshot.slotOf(name);
        if (slot !== undefined) look(slot);
      }
    } else if (!pod.refused) {
      for (let seen = 0; seen < end && feasible.length < enough; seen++) {
        if (this.#start >= end) this.#start = 0;
        if (present[this.#start] === 1) look(this.#start);
        this.#start++;
      }
    }
    if (feasible.length === 0) {
      return { nodeName: undefined, diagnosis: diagnose(this.#snapshot, pod, (slot) => refusedBy.get(slot) ?? -1) };
    }
    const { slot, score } = best(pod, feasible);
    return { nodeName: this.#snapshot.nodeName(slot), score, feasible: feasible.length };
  }
}

/** kube-scheduler's adaptive percentageOfNodesToScore: all of a small cluster, a twentieth at least of a large one. */
function choiceEnough(nodes: number): number {
  const percentage = Math.max(5, 50 - Math.floor(nodes / 125));
  return Math.max(100, Math.floor((nodes * percentage) / 100));
}

function best(pod: CompiledPod, slots: readonly number[]): { slot: number; score: number } {
  const totals = new Float64Array(slots.length);
  const raw = new Float64Array(slots.length);
  for (const { scorer, weight } of pod.scorers) {
    let highest = 0;
    for (let i = 0; i < slots.length; i++) {
      const points = scorer.score(slots[i] as number);
      raw[i] = points;
      if (points > highest) highest = points;
    }
    for (let i = 0; i < slots.length; i++) {
      const points = raw[i] as number;
      const counted = scorer.normalize ? normalized(points, highest, scorer.normalize) : points;
      totals[i] = (totals[i] as number) + weight * counted;
    }
  }
  let winner = 0;
  for (let i = 1; i < slots.length; i++) if ((totals[i] as number) > (totals[winner] as number)) winner = i;
  return { slot: slots[winner] as number, score: totals[winner] as number };
}
