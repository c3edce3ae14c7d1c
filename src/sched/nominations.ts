/**
 * Pods for which room is being made on a node: until they are placed they count there as if they were, so that nobody
 * else takes the room that their victims leave.
 */
import type { PodInfo } from "./snapshot/pod-info.ts";
import type { Snapshot } from "./snapshot/snapshot.ts";

export class Nominations {
  readonly #snapshot: Snapshot;
  readonly #nodes = new Map<string, { readonly nodeName: string; readonly pod: PodInfo }>();

  constructor(snapshot: Snapshot) {
    this.#snapshot = snapshot;
  }

  set(pod: PodInfo, nodeName: string): void {
    this.delete(pod.key);
    const reserved = { ...pod, key: reservationKey(pod.key) };
    this.#nodes.set(pod.key, { nodeName, pod: reserved });
    this.#snapshot.addPod(nodeName, reserved);
  }

  delete(podKey: string): void {
    const known = this.#nodes.get(podKey);
    if (!known) return;
    this.#nodes.delete(podKey);
    this.#snapshot.removePod(known.nodeName, known.pod.key);
  }

  /** Runs `plan` as the pod itself sees the nodes: its own reservation is no obstacle. */
  without<T>(podKey: string, plan: () => T): T {
    const known = this.#nodes.get(podKey);
    if (!known) return plan();
    this.#snapshot.removePod(known.nodeName, known.pod.key);
    try {
      return plan();
    } finally {
      this.#snapshot.addPod(known.nodeName, known.pod);
    }
  }
}

/** No pod can have such a key. */
function reservationKey(podKey: string): string {
  return `nominated ${podKey}`;
}
