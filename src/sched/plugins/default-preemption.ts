/**
 * PostFilter: makes room for a pod by deleting pods of lower priority, on the node where that hurts least
 * (https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/). PodDisruptionBudgets are not looked at.
 */
import type { Client, EventRecorder } from "../../api/client/types.ts";
import type { Clock } from "../../machinery/clock.ts";
import type { Logger } from "../../machinery/logger.ts";
import { StatusError } from "../../machinery/status/error.ts";
import type { Pod } from "../../machinery/types/core/v1.ts";
import { compilePod, type NamedFilter } from "../framework/compiled-pod.ts";
import { type Diagnosis, histogram } from "../framework/diagnosis.ts";
import type { Plugin, PostFilterResult, Profile } from "../framework/types.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import { lessPainful, moreImportant, type PreemptionCandidate } from "./preemption-order.ts";

export interface PreemptionOptions {
  readonly client: Client;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly log: Logger;
  readonly snapshot: Snapshot;
  /** Whose filters say what fits. */
  readonly profile: () => Profile;
}

const podResource = { group: "", version: "v1", resource: "pods" };

export function defaultPreemption(options: PreemptionOptions): Plugin {
  const { snapshot, profile } = options;
  /** What a search without success said: pods alike share the diagnosis, and need not search again before it changes. */
  const fruitless = new WeakMap<object, Map<number, string>>();

  return {
    name: "DefaultPreemption",
    postFilter(pod, diagnosis): PostFilterResult {
      if (pod.pod.spec?.preemptionPolicy === "Never") {
        return { message: "preemption: not eligible due to preemptionPolicy=Never." };
      }
      if (waitsForVictims(pod)) {
        return { message: "preemption: not eligible due to a terminating pod on the nominated node." };
      }
      const known = fruitless.get(diagnosis)?.get(pod.priority);
      if (known !== undefined) return { message: known, nominatedNode: "" };
      const found = search(pod, diagnosis);
      if (typeof found === "string") {
        const message = `preemption: ${found}`;
        fruitless.set(diagnosis, (fruitless.get(diagnosis) ?? new Map()).set(pod.priority, message));
        return { message, nominatedNode: "" };
      }
      for (const victim of found.victims) void evict(options, pod, victim, found.nodeName);
      return { message: "", nominatedNode: found.nodeName };
    },
  };

  /** Room is being made for it already. */
  function waitsForVictims(pod: PodInfo): boolean {
    const nominated = pod.pod.status?.nominatedNodeName;
    const slot = nominated ? snapshot.slotOf(nominated) : undefined;
    if (slot === undefined) return false;
    for (const other of snapshot.podsOn(slot).values()) {
      if (other.pod.metadata.deletionTimestamp && other.priority < pod.priority) return true;
    }
    return false;
  }

  function search(pod: PodInfo, diagnosis: Diagnosis): PreemptionCandidate | string {
    const { filters } = compilePod(pod, profile(), snapshot);
    const enough = Math.max(100, Math.floor(diagnosis.nodeCount / 10));
    const refusals: { reasons: readonly string[]; nodes: readonly string[] }[] = [];
    let best: PreemptionCandidate | undefined;
    let candidates = 0;
    let helpless = diagnosis.nodeCount;
    for (const { resolvable, nodes } of diagnosis.refusals) {
      if (!resolvable) continue;
      for (const nodeName of nodes) {
        const slot = snapshot.slotOf(nodeName);
        if (slot === undefined) continue;
        helpless--;
        const found = victimsOn(slot, pod, filters);
        if (!Array.isArray(found)) refusals.push({ reasons: found.reasons, nodes: [nodeName] });
        else {
          const candidate = { nodeName, victims: found };
          if (!best || lessPainful(candidate, best)) best = candidate;
          if (++candidates >= enough) return best;
        }
      }
    }
    if (best) return best;
    const nodes = new Array<string>(helpless).fill("");
    if (helpless > 0) refusals.push({ reasons: ["Preemption is not helpful for scheduling"], nodes });
    return `0/${diagnosis.nodeCount} nodes are available: ${histogram(refusals)}.`;
  }

  /** The fewest and least important pods that have to go, or why that would not help. */
  function victimsOn(
    slot: number,
    pod: PodInfo,
    filters: readonly NamedFilter[],
  ): PodInfo[] | { reasons: readonly string[] } {
    const lower = [...snapshot.podsOn(slot).values()].filter((other) => other.priority < pod.priority);
    if (lower.length === 0) return { reasons: ["No preemption victims found for incoming pod"] };
    lower.sort(moreImportant);
    const away = new Set(lower);
    for (const other of lower) snapshot.suppose(slot, other, false);
    try {
      const refusing = filters.find(({ filter }) => !filter.passes(slot));
      if (refusing) return refusing.filter.refusal(slot);
      for (const other of lower) {
        snapshot.suppose(slot, other, true);
        if (filters.every(({ filter }) => filter.passes(slot))) away.delete(other);
        else snapshot.suppose(slot, other, false);
      }
      return [...away];
    } finally {
      for (const other of away) snapshot.suppose(slot, other, true);
    }
  }
}

async function evict(options: PreemptionOptions, pod: PodInfo, victim: PodInfo, nodeName: string): Promise<void> {
  const { client, events, clock, log } = options;
  const { name = "", namespace, uid, deletionTimestamp } = victim.pod.metadata;
  if (deletionTimestamp) return;
  const resource = client.resource<Pod>(podResource, namespace);
  const condition = {
    type: "DisruptionTarget",
    status: "True",
    reason: "PreemptionByScheduler",
    message: `${pod.pod.spec?.schedulerName ?? "default-scheduler"}: preempting to accommodate a higher priority pod`,
    lastTransitionTime: `${new Date(clock.now()).toISOString().slice(0, 19)}Z`,
  };
  try {
    const patch = { metadata: { uid }, status: { conditions: [condition] } };
    await resource.patch(name, { type: "strategic", patch }, { subresource: "status" });
    await resource.delete(name, uid ? { preconditions: { uid } } : {});
    events.event(victim.pod, "Normal", "Preempted", `Preempted by pod ${pod.uid} on node ${nodeName}`);
  } catch (error) {
    // Gone already. Whatever else it is, the pod's next attempt finds the victim still there and tries again.
    if (error instanceof StatusError && (error.code === 404 || error.code === 409)) return;
    log.warn({ err: error, pod: pod.key, victim: victim.key }, "a pod could not be preempted");
  }
}
