/** https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-phase */
import type { ContainerStatus, Pod, PodPhase } from "../../machinery/types/core/v1.ts";
import { isSidecar } from "../container/kinds.ts";

/** `terminated`: nothing of the pod runs, and nothing will. */
export function podPhase(
  pod: Pod,
  init: readonly ContainerStatus[],
  app: readonly ContainerStatus[],
  terminated: boolean,
): PodPhase {
  const restartPolicy = pod.spec?.restartPolicy ?? "Always";
  let pendingInit = 0;
  let failedInit = 0;
  for (const container of pod.spec?.initContainers ?? []) {
    const status = init.find(({ name }) => name === container.name);
    if (isSidecar(container)) {
      if (!status?.started && !status?.lastState?.terminated && !status?.state?.terminated) pendingInit++;
      continue;
    }
    const ended = status?.state?.terminated ?? (status?.state?.waiting && status.lastState?.terminated);
    if (!ended) pendingInit++;
    else if (ended.exitCode !== 0) failedInit++;
  }

  let running = 0;
  let waiting = 0;
  let stopped = 0;
  let succeeded = 0;
  for (const { state, lastState } of app) {
    if (state?.running) running++;
    else if (state?.terminated) {
      stopped++;
      if (state.terminated.exitCode === 0) succeeded++;
    } else if (lastState?.terminated) stopped++;
    else waiting++;
  }

  if (failedInit > 0 && (restartPolicy === "Never" || terminated)) return "Failed";
  if (terminated)
    return running === 0 && waiting === 0 && stopped === succeeded && stopped > 0 ? "Succeeded" : "Failed";
  const initialized = running > 0 || stopped > 0;
  if (failedInit > 0 || (pendingInit > 0 && !initialized) || waiting > 0) return "Pending";
  if (running > 0) return "Running";
  if (stopped === 0) return "Pending";
  // All have ended, and are in the process of restarting if anything is.
  if (restartPolicy === "Always") return "Running";
  if (stopped === succeeded) return "Succeeded";
  return restartPolicy === "Never" ? "Failed" : "Running";
}
