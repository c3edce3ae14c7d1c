/** What kubectl prints of a pod: READY, STATUS and RESTARTS, from its statuses. As kube-apiserver's printer for pods. */
import type { ContainerStatus, Pod } from "../../../types/core/v1.ts";
import { humanDuration } from "../../human-duration.ts";
import { podCondition } from "./conditions.ts";
import { isSidecar } from "./phase.ts";

export interface PodStatusLine {
  /** "1/2" */
  readonly ready: string;
  /** "Running", "CrashLoopBackOff", "Init:0/1", "Completed", "Terminating" … */
  readonly status: string;
  /** "3 (5m ago)" */
  readonly restarts: string;
}

export function podStatusLine(pod: Pod, now: number): PodStatusLine {
  const specInit = pod.spec?.initContainers ?? [];
  const sidecars = new Set(specInit.filter(isSidecar).map((container) => container.name));
  const init = initStage(pod, specInit.length, sidecars);
  let ready = init.readySidecars;
  let restarts = init.restarts;
  let lastRestart = init.lastRestart;
  let status = init.reason ?? ownReason(pod);

  if (init.reason === undefined || podCondition(pod, "Initialized")?.status === "True") {
    restarts = init.sidecarRestarts;
    lastRestart = init.lastSidecarRestart;
    let hasRunning = false;
    const statuses = pod.status?.containerStatuses ?? [];
    for (let i = statuses.length - 1; i >= 0; i--) {
      const container = statuses[i];
      if (container === undefined) continue;
      restarts += container.restartCount ?? 0;
      lastRestart = later(lastRestart, container);
      const reason = appReason(container);
      if (reason !== undefined) status = reason;
      else if (container.ready && container.state?.running) {
        hasRunning = true;
        ready++;
      }
    }
    if (status === "Completed" && hasRunning) {
      status = podCondition(pod, "Ready")?.status === "True" ? "Running" : "NotReady";
    }
  }

  if (pod.metadata.deletionTimestamp !== undefined) {
    if (pod.status?.reason === "NodeLost") status = "Unknown";
    else if (pod.status?.phase !== "Succeeded" && pod.status?.phase !== "Failed") status = "Terminating";
  }

  const total = (pod.spec?.containers?.length ?? 0) + sidecars.size;
  return {
    ready: `${ready}/${total}`,
    status,
    restarts:
      restarts > 0 && lastRestart > 0 ? `${restarts} (${humanDuration(now - lastRestart)} ago)` : String(restarts),
  };
}

interface InitStage {
  /** Set while the pod is held up by an init container. */
  readonly reason?: string;
  readonly restarts: number;
  readonly lastRestart: number;
  readonly sidecarRestarts: number;
  readonly lastSidecarRestart: number;
  readonly readySidecars: number;
}

function initStage(pod: Pod, total: number, sidecars: ReadonlySet<string>): InitStage {
  let restarts = 0;
  let lastRestart = 0;
  let sidecarRestarts = 0;
  let lastSidecarRestart = 0;
  let readySidecars = 0;
  const statuses = pod.status?.initContainerStatuses ?? [];
  for (const [index, container] of statuses.entries()) {
    const sidecar = sidecars.has(container.name);
    restarts += container.restartCount ?? 0;
    lastRestart = later(lastRestart, container);
    if (sidecar) {
      sidecarRestarts += container.restartCount ?? 0;
      lastSidecarRestart = later(lastSidecarRestart, container);
    }
    const { terminated, waiting } = container.state ?? {};
    if (terminated?.exitCode === 0) continue;
    if (sidecar && container.started === true) {
      if (container.ready) readySidecars++;
      continue;
    }
    let reason: string;
    if (terminated) {
      reason = terminated.reason
        ? `Init:${terminated.reason}`
        : terminated.signal
          ? `Init:Signal:${terminated.signal}`
          : `Init:ExitCode:${terminated.exitCode}`;
    } else if (waiting?.reason && waiting.reason !== "PodInitializing") {
      reason = `Init:${waiting.reason}`;
    } else {
      reason = `Init:${index}/${total}`;
    }
    return { reason, restarts, lastRestart, sidecarRestarts, lastSidecarRestart, readySidecars };
  }
  return { restarts, lastRestart, sidecarRestarts, lastSidecarRestart, readySidecars };
}

function ownReason(pod: Pod): string {
  if (podCondition(pod, "PodScheduled")?.reason === "SchedulingGated") return "SchedulingGated";
  return pod.status?.reason || (pod.status?.phase ?? "");
}

function appReason(container: ContainerStatus): string | undefined {
  const { waiting, terminated } = container.state ?? {};
  if (waiting?.reason) return waiting.reason;
  if (!terminated) return undefined;
  if (terminated.reason) return terminated.reason;
  return terminated.signal ? `Signal:${terminated.signal}` : `ExitCode:${terminated.exitCode}`;
}

function later(latest: number, container: ContainerStatus): number {
  const finishedAt = container.lastState?.terminated?.finishedAt;
  return finishedAt ? Math.max(latest, Date.parse(finishedAt)) : latest;
}
