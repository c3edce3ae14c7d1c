/**
 * What has to be done so that a pod becomes what its spec says: a pure function of the spec, what runs and what the probes
 * found, by the rules of the kubelet. Whether a container waits for its back-off is left to whoever does it.
 */
import type { Container, Pod } from "../../machinery/types/core/v1.ts";
import type { SpecContainer } from "../container/kinds.ts";
import type { SandboxState } from "../runtime/types.ts";
import { type ContainerToKill, faultOf, restartMessage } from "./faults.ts";
import { initContainerActions } from "./init-actions.ts";
import type { ProbeVerdicts } from "./probe-results.ts";
import { restartsAfterExit, toBeStarted } from "./restart-policy.ts";
import { activeSandbox, latestOf, type PodView } from "./view.ts";

export interface PodActions {
  /** Everything of the pod has to end: the sandbox is to be made anew, or nothing is left to run. */
  readonly killPod: boolean;
  /** The attempt number of the sandbox to make; undefined: none. */
  readonly createSandbox: number | undefined;
  readonly sandbox: SandboxState | undefined;
  /** In this order; init containers only as far as they may start now. */
  readonly start: readonly SpecContainer[];
  readonly kill: readonly ContainerToKill[];
}

export function computePodActions(pod: Pod, view: PodView, probes: ProbeVerdicts): PodActions {
  const sandbox = activeSandbox(view, pod.spec?.hostNetwork ?? false);
  return sandbox ? inSandbox(pod, view, probes, sandbox) : withoutSandbox(pod, view);
}

function withoutSandbox(pod: Pod, view: PodView): PodActions {
  const { initContainers = [], containers = [], restartPolicy } = pod.spec ?? {};
  const [newest] = view.sandboxes;
  const nothing: PodActions = { killPod: true, createSandbox: undefined, sandbox: undefined, start: [], kill: [] };
  // What was to run once has run.
  if (restartPolicy === "Never" && newest && view.containers.length > 0) return nothing;
  const toStart = containers.filter((container) => {
    const latest = latestOf(view, container.name);
    if (latest?.state !== "exited" || latest.exitCode !== 0) return true;
    return restartsAfterExit(pod, container, 0);
  });
  if (toStart.length === 0) return nothing;
  const [firstInit] = initContainers;
  return {
    killPod: view.sandboxes.length > 0 || view.containers.some(({ state }) => state === "running"),
    createSandbox: newest ? newest.attempt + 1 : 0,
    sandbox: undefined,
    start: firstInit
      ? [{ kind: "init", container: firstInit }]
      : toStart.map((container) => ({ kind: "app", container })),
    kill: [],
  };
}

function inSandbox(pod: Pod, view: PodView, probes: ProbeVerdicts, sandbox: SandboxState): PodActions {
  const base = { killPod: false, createSandbox: undefined, sandbox } as const;
  const ephemeral = (pod.spec?.ephemeralContainers ?? [])
    .filter(({ name }) => !latestOf(view, name))
    .map((container): SpecContainer => ({ kind: "ephemeral", container: container as Container }));

  const init = initContainerActions(pod, view, probes, sandbox);
  if (init.failed) return { ...base, killPod: true, start: [], kill: [] };
  if (!init.initialized) return { ...base, start: [...ephemeral, ...init.start], kill: init.kill };

  const start: SpecContainer[] = [];
  const kill: ContainerToKill[] = [...init.kill];
  let kept = 0;
  for (const container of pod.spec?.containers ?? []) {
    const spec: SpecContainer = { kind: "app", container };
    const latest = latestOf(view, container.name);
    if (latest?.state !== "running") {
      if (toBeStarted(pod, container, latest)) start.push(spec);
      continue;
    }
    const fault = faultOf(spec, latest, probes);
    if (!fault) {
      kept++;
      continue;
    }
    // A changed definition always means a new container; a failed probe only where the policy lets it run again.
    const again = fault.because === "changed" || fault.because === "resize" || restartsAfterExit(pod, container, 137);
    if (again) start.push(spec);
    kill.push({ ...fault, message: again ? restartMessage(fault) : fault.message });
  }
  // Sidecars do not keep a pod alive.
  if (kept === 0 && start.length === 0 && kill.every(({ spec }) => spec.kind === "init")) {
    return { ...base, killPod: true, start: [], kill: [] };
  }
  return { ...base, start: [...ephemeral, ...init.start, ...start], kill };
}
