/** One container's status, from what the runtime knows and why it could not be started. */
import type {
  Container,
  ContainerStateTerminated,
  ContainerStatus,
  ContainerState as StatusState,
} from "../../machinery/types/core/v1.ts";
import { isSidecar, type SpecContainer } from "../container/kinds.ts";
import { restartsAfterExit, restartsInitAfterFailure } from "../pod/restart-policy.ts";
import { outdatedResources } from "../resize/actuation.ts";
import type { ContainerState } from "../runtime/types.ts";
import type { StatusInput } from "./input.ts";

/** To the second, as API times are. */
export function apiTime(time: string | number): string {
  return `${new Date(time).toISOString().slice(0, 19)}Z`;
}

export function containerStatus(input: StatusInput, spec: SpecContainer, hasInit: boolean): ContainerStatus {
  const { container } = spec;
  const previous = previousOf(input, container.name);
  const [latest, before] = input.view.containers.filter(({ name }) => name === container.name);
  const status = latest
    ? fromRuntime(input, container, latest, before, previous)
    : withoutRuntime(input, container, previous, hasInit);
  const state = stateNow(input, spec, status, latest);
  const running = state.state?.running !== undefined && latest !== undefined;
  const started = running && hasStarted(input, container, latest, previous);
  return {
    ...state,
    started,
    ready: isReady(input, spec, state, latest, started, previous),
    ...(container.volumeMounts?.length ? { volumeMounts: volumeMountStatuses(container) } : {}),
    ...(running && container.resources?.requests ? { allocatedResources: container.resources.requests } : {}),
    ...(running && container.resources ? { resources: actualResources(container, latest, previous) } : {}),
  };
}

/** Until a resize is made, what was there before it. */
function actualResources(container: Container, latest: ContainerState, previous: ContainerStatus | undefined) {
  const { resources = {} } = container;
  return outdatedResources(container, latest).length > 0 ? (previous?.resources ?? resources) : resources;
}

function previousOf(input: StatusInput, name: string): ContainerStatus | undefined {
  const { containerStatuses = [], initContainerStatuses = [], ephemeralContainerStatuses = [] } = input.previous;
  return [...containerStatuses, ...initContainerStatuses, ...ephemeralContainerStatuses].find(
    (status) => status.name === name,
  );
}

function fromRuntime(
  input: StatusInput,
  container: Container,
  latest: ContainerState,
  before: ContainerState | undefined,
  previous: ContainerStatus | undefined,
): ContainerStatus {
  const last = before?.state === "exited" ? terminated(input, before) : undefined;
  return {
    name: container.name,
    state: runtimeState(input, latest),
    ...(last ? { lastState: { terminated: last } } : {}),
    ready: false,
    // Never less than was told: newer containers may have been removed behind the node's back.
    restartCount: Math.max(latest.attempt, previous?.restartCount ?? 0),
    image: latest.image,
    imageID: latest.imageId,
    containerID: `docker://${latest.id}`,
  };
}

function runtimeState(input: StatusInput, state: ContainerState): StatusState {
  if (state.state === "running") return { running: { startedAt: apiTime(state.startedAt ?? state.createdAt) } };
  if (state.state === "exited") return { terminated: terminated(input, state) };
  return { waiting: { reason: "ContainerCreating" } };
}

function terminated(input: Pick<StatusInput, "messages">, state: ContainerState): ContainerStateTerminated {
  const exitCode = state.exitCode ?? 0;
  const neverRan = state.startedAt === undefined;
  const reason = state.oomKilled
    ? "OOMKilled"
    : neverRan && exitCode !== 0
      ? "ContainerCannotRun"
      : exitCode === 0
        ? "Completed"
        : "Error";
  const message = input.messages.get(state.id) || state.error;
  return {
    exitCode,
    ...(state.signal === undefined ? {} : { signal: state.signal }),
    reason,
    ...(message ? { message } : {}),
    startedAt: apiTime(state.startedAt ?? state.createdAt),
    finishedAt: apiTime(state.finishedAt ?? state.createdAt),
    containerID: `docker://${state.id}`,
  };
}

/** The runtime has no such container: it was not made yet, or somebody removed it. */
function withoutRuntime(
  input: StatusInput,
  container: Container,
  previous: ContainerStatus | undefined,
  hasInit: boolean,
): ContainerStatus {
  const waiting = { waiting: { reason: hasInit ? "PodInitializing" : "ContainerCreating" } };
  const status: ContainerStatus = {
    name: container.name,
    state: waiting,
    ready: false,
    restartCount: previous?.restartCount ?? 0,
    image: previous?.image || (container.image ?? ""),
    imageID: previous?.imageID ?? "",
    ...(previous?.lastState ? { lastState: previous.lastState } : {}),
    ...(previous?.containerID ? { containerID: previous.containerID } : {}),
  };
  if (previous?.state?.terminated) return { ...status, state: previous.state };
  if (!previous?.state?.running || !previous.containerID) return status;
  const lost: ContainerStateTerminated = {
    exitCode: 137,
    reason: "ContainerStatusUnknown",
    message: "The container could not be located when the pod was deleted.  The container used to be Running",
    startedAt: previous.state.running.startedAt ?? input.now,
    finishedAt: input.now,
    containerID: previous.containerID,
  };
  return { ...status, state: waiting, lastState: { terminated: lost }, restartCount: status.restartCount + 1 };
}

/** A container that is about to be started (again), or was kept from it, waits; one of a pod that is over has ended. */
function stateNow(
  input: StatusInput,
  spec: SpecContainer,
  status: ContainerStatus,
  latest: ContainerState | undefined,
): ContainerStatus {
  const { state } = status;
  if (state?.running) return status;
  if (input.terminated && !state?.terminated && wasReached(input, spec)) {
    const end: ContainerStateTerminated = {
      exitCode: 137,
      reason: "ContainerStatusUnknown",
      message: "The container could not be located when the pod was terminated",
      ...(latest ? { containerID: `docker://${latest.id}` } : {}),
    };
    return { ...status, state: { terminated: status.lastState?.terminated ?? end } };
  }
  const reason = input.reasons.get(spec.container.name);
  if (!reason || input.terminated) return status;
  // Only what will be started again waits.
  if (latest?.state === "exited" && !runsAgain(input, spec, latest.exitCode ?? 0)) return status;
  const waiting = { reason: reason.reason, ...(reason.message ? { message: reason.message } : {}) };
  return {
    ...status,
    state: { waiting },
    ...(state?.terminated ? { lastState: { terminated: state.terminated } } : {}),
  };
}

/**
 * Whether the pod got as far as this container: what never had its turn, because an init container before it failed,
 * goes on waiting.
 */
function wasReached(input: StatusInput, { kind, container }: SpecContainer): boolean {
  const { initContainers = [], containers = [] } = input.pod.spec ?? {};
  const hasRun = ({ name }: Container): boolean => {
    const previous = previousOf(input, name);
    const told = previous?.state?.running ?? previous?.state?.terminated ?? previous?.lastState?.terminated;
    return (
      told !== undefined || input.view.containers.some((state) => state.name === name && state.state !== "created")
    );
  };
  if (kind === "ephemeral" || containers.some(hasRun)) return true;
  if (kind === "init") {
    const own = initContainers.findIndex(({ name }) => name === container.name);
    return initContainers.slice(own).some(hasRun);
  }
  const last = initContainers.at(-1);
  if (!last) return true;
  const ended = input.view.containers.find(({ name }) => name === last.name);
  return isSidecar(last) ? previousOf(input, last.name)?.started === true : ended?.exitCode === 0;
}

function runsAgain({ pod }: StatusInput, { kind, container }: SpecContainer, exitCode: number): boolean {
  if (kind === "init" && !isSidecar(container))
    return exitCode !== 0 && restartsInitAfterFailure(pod, container, exitCode);
  return kind !== "ephemeral" && restartsAfterExit(pod, container, exitCode);
}

function hasStarted(
  input: StatusInput,
  container: Container,
  running: ContainerState,
  previous: ContainerStatus | undefined,
): boolean {
  if (!container.startupProbe) return true;
  const adopted = previous?.started === true && previous.containerID === `docker://${running.id}`;
  return input.probes.verdict(running.id, "startup") ?? adopted;
}

function isReady(
  input: StatusInput,
  { kind, container }: SpecContainer,
  status: ContainerStatus,
  latest: ContainerState | undefined,
  started: boolean,
  previous: ContainerStatus | undefined,
): boolean {
  if (kind === "ephemeral") return false;
  if (kind === "init" && !isSidecar(container)) return status.state?.terminated?.exitCode === 0;
  if (!started || !latest) return false;
  if (!container.readinessProbe) return true;
  // An agent that has just restarted believes what was known before, until the probe says otherwise.
  const adopted = previous?.ready === true && previous.containerID === `docker://${latest.id}`;
  return input.probes.verdict(latest.id, "readiness") ?? adopted;
}

function volumeMountStatuses(container: Container) {
  return (container.volumeMounts ?? []).map(({ name, mountPath, readOnly }) => ({
    name,
    mountPath,
    ...(readOnly ? { readOnly, recursiveReadOnly: "Disabled" } : {}),
  }));
}
