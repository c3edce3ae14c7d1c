import type { Container, Pod } from "../../../types/core/v1.ts";

/** Succeeded or Failed: none of its containers will ever run again. */
export function isPodTerminal(pod: Pod): boolean {
  const phase = pod.status?.phase;
  return phase === "Succeeded" || phase === "Failed";
}

/** Neither finished nor being deleted: what a ReplicaSet counts. */
export function isPodActive(pod: Pod): boolean {
  return !isPodTerminal(pod) && pod.metadata.deletionTimestamp === undefined;
}

export function isPodTerminating(pod: Pod): boolean {
  return !isPodTerminal(pod) && pod.metadata.deletionTimestamp !== undefined;
}

/** An init container with restartPolicy Always: it starts in its turn and runs beside the app containers. */
export function isSidecar(container: Container): boolean {
  return container.restartPolicy === "Always";
}
