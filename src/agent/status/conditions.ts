/** https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-conditions */
import type { ContainerStatus, Pod, PodCondition, PodPhase } from "../../machinery/types/core/v1.ts";
import { isSidecar } from "../container/kinds.ts";
import { outdatedContainers } from "../resize/actuation.ts";
import type { StatusInput } from "./input.ts";

type Verdict = Pick<PodCondition, "status"> & { readonly reason?: string; readonly message?: string };

const yes: Verdict = { status: "True" };
const own = ["PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady"] as const;
/** The condition types that the node alone writes. The last two stand only as long as they are true. */
export const OWN_CONDITIONS: ReadonlySet<string> = new Set([...own, "PodResizePending", "PodResizeInProgress"]);

export interface ConditionInput {
  readonly phase: PodPhase;
  readonly init: readonly ContainerStatus[];
  readonly app: readonly ContainerStatus[];
  readonly hasNetwork: boolean;
}

/** The node's own conditions; those of others (the scheduler's PodScheduled, readiness gates) as they were. */
export function podConditions(input: StatusInput, facts: ConditionInput): PodCondition[] {
  const { pod, previous, now } = input;
  const containers = containersReady(pod, facts);
  const verdicts: Record<(typeof own)[number], Verdict> = {
    PodReadyToStartContainers: { status: facts.hasNetwork ? "True" : "False" },
    Initialized: initialized(pod, facts),
    Ready: ready(pod, containers),
    ContainersReady: containers,
  };
  const generation = pod.metadata.generation;
  const before = previous.conditions ?? pod.status?.conditions ?? [];
  const all: [string, Verdict][] = [...own.map((type): [string, Verdict] => [type, verdicts[type]]), ...resizes(input)];
  const conditions = all.map(([type, { status, reason, message }]): PodCondition => {
    const old = before.find((condition) => condition.type === type);
    return {
      type,
      status,
      ...(generation === undefined ? {} : { observedGeneration: generation }),
      lastTransitionTime: old?.status === status ? (old.lastTransitionTime ?? now) : now,
      ...(reason ? { reason } : {}),
      ...(message ? { message } : {}),
    };
  });
  const others = (pod.status?.conditions ?? []).filter(({ type }) => !OWN_CONDITIONS.has(type));
  if (others.some(({ type }) => type === "PodScheduled")) return [...conditions, ...others];
  // A pod that was made with its node's name: no scheduler has told that it is scheduled.
  const told = before.find(({ type }) => type === "PodScheduled");
  return [...conditions, ...others, told ?? { type: "PodScheduled", status: "True", lastTransitionTime: now }];
}

/** https://kubernetes.io/docs/tasks/configure-pod-container/resize-container-resources/#pod-resize-status */
function resizes({ pod, view, resize = {} }: StatusInput): [string, Verdict][] {
  const found: [string, Verdict][] = [];
  if (resize.refusal) found.push(["PodResizePending", { ...yes, ...resize.refusal }]);
  if (outdatedContainers(pod, view).length > 0) {
    const { failure } = resize;
    const why = failure === undefined ? {} : { reason: "Error", message: failure };
    found.push(["PodResizeInProgress", { ...yes, ...why }]);
  }
  return found;
}

function initialized(pod: Pod, { phase, init, app }: ConditionInput): Verdict {
  const containers = pod.spec?.initContainers ?? [];
  if (containers.length === 0) return yes;
  if (phase === "Succeeded") return { ...yes, reason: "PodCompleted" };
  // Once the app's containers have started, initialization is behind, whatever sidecars do since.
  const passed = app.some(({ state, lastState }) => state?.running || state?.terminated || lastState?.terminated);
  const incomplete = passed
    ? []
    : containers.filter((container) => {
        const status = init.find(({ name }) => name === container.name);
        return isSidecar(container) ? !status?.started : !status?.ready;
      });
  if (incomplete.length === 0) return yes;
  const names = incomplete.map(({ name }) => name).join(" ");
  return {
    status: "False",
    reason: "ContainersNotInitialized",
    message: `containers with incomplete status: [${names}]`,
  };
}

function containersReady(pod: Pod, { phase, init, app }: ConditionInput): Verdict {
  if (phase === "Succeeded") return { status: "False", reason: "PodCompleted" };
  if (phase === "Failed") return { status: "False", reason: "PodFailed" };
  const sidecars = (pod.spec?.initContainers ?? []).filter(isSidecar);
  const statuses = [
    ...sidecars.map(({ name }) => ({ name, status: init.find((status) => status.name === name) })),
    ...(pod.spec?.containers ?? []).map(({ name }) => ({ name, status: app.find((status) => status.name === name) })),
  ];
  const unready = statuses.filter(({ status }) => !status?.ready).map(({ name }) => name);
  if (unready.length === 0) return yes;
  return {
    status: "False",
    reason: "ContainersNotReady",
    message: `containers with unready status: [${unready.join(" ")}]`,
  };
}

function ready(pod: Pod, containers: Verdict): Verdict {
  if (containers.status !== "True") return containers;
  const messages: string[] = [];
  for (const { conditionType } of pod.spec?.readinessGates ?? []) {
    const gate = pod.status?.conditions?.find(({ type }) => type === conditionType);
    if (!gate) messages.push(`corresponding condition of pod readiness gate "${conditionType}" does not exist.`);
    else if (gate.status !== "True") {
      messages.push(`the status of pod readiness gate "${conditionType}" is not "True", but ${gate.status}`);
    }
  }
  return messages.length === 0
    ? yes
    : { status: "False", reason: "ReadinessGatesNotReady", message: messages.join(", ") };
}
