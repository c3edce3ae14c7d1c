/** What a simulated node says of its pods: Running and Ready, unless annotations of the pod ask for something else. */
import { createHash } from "node:crypto";
import type { ContainerStatus, Pod, PodCondition, PodStatus } from "../../machinery/types/core/v1.ts";

/** `kl.dev/simulate-exit-after: 30s`: the containers end after that time; only pods that do not restart always do. */
export const exitAfterAnnotation = "kl.dev/simulate-exit-after";
/** `kl.dev/simulate-exit-code: "1"`: with which code; default 0. */
export const exitCodeAnnotation = "kl.dev/simulate-exit-code";
/** `kl.dev/simulate-not-ready: "true"`: the pod runs and never becomes ready. */
export const notReadyAnnotation = "kl.dev/simulate-not-ready";

export interface Addresses {
  readonly podIP: string;
  readonly hostIP: string;
}

/** `now`: RFC 3339 */
export function runningStatus(pod: Pod, { podIP, hostIP }: Addresses, now: string): PodStatus {
  const ready = pod.metadata.annotations?.[notReadyAnnotation] !== "true";
  const started = pod.status?.startTime ?? now;
  const ip = pod.spec?.hostNetwork ? hostIP : podIP;
  const running = (container: { name: string; image?: string }): ContainerStatus => ({
    ...statusOf(pod, container, ready),
    started: true,
    state: { running: { startedAt: now } },
  });
  return {
    phase: "Running",
    startTime: started,
    hostIP,
    hostIPs: [{ ip: hostIP }],
    podIP: ip,
    podIPs: [{ ip }],
    conditions: conditions(ready, true, now),
    ...initStatuses(pod, now),
    containerStatuses: (pod.spec?.containers ?? []).map(running),
  };
}

/** All containers have ended with this code. */
export function endedStatus(pod: Pod, before: PodStatus, exitCode: number, now: string): PodStatus {
  const reason = exitCode === 0 ? "Completed" : "Error";
  return {
    ...before,
    phase: exitCode === 0 ? "Succeeded" : "Failed",
    conditions: conditions(false, exitCode === 0, now, "PodCompleted"),
    containerStatuses: (before.containerStatuses ?? []).map((status) => ({
      ...statusOf(pod, status, false),
      started: false,
      state: {
        terminated: {
          exitCode,
          reason,
          startedAt: status.state?.running?.startedAt ?? now,
          finishedAt: now,
          containerID: status.containerID ?? "",
        },
      },
    })),
  };
}

function initStatuses(pod: Pod, now: string): Pick<PodStatus, "initContainerStatuses"> {
  const { initContainers = [] } = pod.spec ?? {};
  if (initContainers.length === 0) return {};
  return {
    initContainerStatuses: initContainers.map((container) => {
      const sidecar = container.restartPolicy === "Always";
      const terminated = { exitCode: 0, reason: "Completed", startedAt: now, finishedAt: now };
      const state = sidecar ? { running: { startedAt: now } } : { terminated };
      return { ...statusOf(pod, container, true), started: sidecar, state };
    }),
  };
}

function statusOf(pod: Pod, { name, image = "" }: { name: string; image?: string }, ready: boolean): ContainerStatus {
  const hash = (text: string): string => createHash("sha256").update(text).digest("hex");
  return {
    name,
    image,
    imageID: `simulated://sha256:${hash(image)}`,
    containerID: `simulated://${hash(`${pod.metadata.uid} ${name}`)}`,
    ready,
    restartCount: 0,
  };
}

function conditions(ready: boolean, initialized: boolean, now: string, reason = "ContainersNotReady"): PodCondition[] {
  const condition = (type: string, value: boolean): PodCondition => ({
    type,
    status: value ? "True" : "False",
    lastTransitionTime: now,
    ...(value ? {} : { reason }),
  });
  return [
    condition("PodReadyToStartContainers", initialized),
    condition("Initialized", initialized),
    condition("Ready", ready),
    condition("ContainersReady", ready),
  ];
}

/** "90s", "1m30s", "1h", or a number of seconds; undefined where it is not one. In ms. */
export function durationOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  const parts = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s)?(?:(\d+)ms)?$/.exec(text);
  if (!parts || text === "") return undefined;
  const [, hours, minutes, seconds, milliseconds] = parts.map((part) => Number(part ?? 0));
  return (hours ?? 0) * 3.6e6 + (minutes ?? 0) * 6e4 + (seconds ?? 0) * 1000 + (milliseconds ?? 0);
}
