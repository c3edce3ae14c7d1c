/**
 * The snapshot as informers tell it, and as the scheduler assumes it: a pod counts on its node from the moment it is
 * planned there, until the API server confirms it or the attempt is given up.
 */
import type { Node, Pod } from "../machinery/types/core/v1.ts";
import type { ClusterEvent } from "./framework/types.ts";
import { createPodInfo, type PodInfo, sameLoad } from "./snapshot/pod-info.ts";
import { Snapshot } from "./snapshot/snapshot.ts";

interface Placement {
  readonly nodeName: string;
  readonly uid: string;
  /** Not yet confirmed by the API server. */
  readonly assumed: boolean;
}

export class ClusterCache {
  readonly snapshot = new Snapshot();
  readonly #placements = new Map<string, Placement>();
  readonly #changed: (event: ClusterEvent) => void;

  /** `changed` hears of everything that may let a waiting pod find a node. */
  constructor(changed: (event: ClusterEvent) => void) {
    this.#changed = changed;
  }

  setNode(node: Node, old?: Node): void {
    // Heartbeats come often and say nothing that a plugin reads.
    if (old && !concernsScheduling(node, old)) return;
    this.snapshot.setNode(node);
    this.#changed(old ? { kind: "nodeUpdated", node, old } : { kind: "nodeAdded", node });
  }

  removeNode(node: Node): void {
    this.snapshot.removeNode(`${node.metadata.name}`);
  }

  assume(pod: PodInfo, nodeName: string): void {
    this.#placements.set(pod.key, { nodeName, uid: pod.uid, assumed: true });
    this.snapshot.addPod(nodeName, pod);
  }

  /** The attempt failed; true unless the API server has confirmed the pod meanwhile. */
  forget(pod: PodInfo): boolean {
    const placement = this.#placements.get(pod.key);
    if (!placement?.assumed || placement.uid !== pod.uid) return false;
    this.#remove(pod.key, placement);
    return true;
  }

  /** A pod that has a node and has not ended. */
  setAssigned(pod: Pod): void {
    const info = createPodInfo(pod, this.snapshot.columns);
    const nodeName = `${pod.spec?.nodeName}`;
    const before = this.#placements.get(info.key);
    if (before && before.nodeName !== nodeName) this.#remove(info.key, before);
    const slot = this.snapshot.slotOf(nodeName);
    const old = slot === undefined ? undefined : this.snapshot.podsOn(slot).get(info.key);
    this.#placements.set(info.key, { nodeName, uid: info.uid, assumed: false });
    this.snapshot.addPod(nodeName, info);
    if (old && !sameLoad(old, info)) this.#changed({ kind: "podFreed", pod: old, nodeName });
  }

  /** Gone, or ended. */
  removeAssigned(key: string): void {
    const placement = this.#placements.get(key);
    if (placement) this.#remove(key, placement);
  }

  /** Whether the pod is on a node here, assumed or confirmed. */
  isPlaced(key: string, uid: string): boolean {
    return this.#placements.get(key)?.uid === uid;
  }

  #remove(key: string, { nodeName }: Placement): void {
    this.#placements.delete(key);
    const pod = this.snapshot.removePod(nodeName, key);
    if (pod) this.#changed({ kind: "podFreed", pod, nodeName });
  }
}

function concernsScheduling(node: Node, old: Node): boolean {
  return (
    node.spec?.unschedulable !== old.spec?.unschedulable ||
    !same(node.status?.allocatable, old.status?.allocatable) ||
    !same(node.metadata.labels, old.metadata.labels) ||
    !same(node.spec?.taints, old.spec?.taints) ||
    !same(node.status?.images, old.status?.images)
  );
}

function same(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
