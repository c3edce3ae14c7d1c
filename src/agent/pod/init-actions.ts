/**
 * Init containers run one after another, each to success; sidecars (restartPolicy Always) are started in their turn, let
 * the next one start as soon as they have started, and are kept running from then on.
 * https://kubernetes.io/docs/concepts/workloads/pods/init-containers/#detailed-behavior
 */
import type { Container, Pod } from "../../machinery/types/core/v1.ts";
import { isSidecar, type SpecContainer } from "../container/kinds.ts";
import type { SandboxState } from "../runtime/types.ts";
import { type ContainerToKill, faultOf, restartMessage } from "./faults.ts";
import type { ProbeVerdicts } from "./probe-results.ts";
import { restartsInitAfterFailure } from "./restart-policy.ts";
import { belongsTo, latestOf, type PodView } from "./view.ts";

export interface InitActions {
  /** The app's containers may start. */
  readonly initialized: boolean;
  /** One of them failed for good. */
  readonly failed: boolean;
  readonly start: readonly SpecContainer[];
  readonly kill: readonly ContainerToKill[];
}

export function initContainerActions(
  pod: Pod,
  view: PodView,
  probes: ProbeVerdicts,
  sandbox: SandboxState,
): InitActions {
  const containers = pod.spec?.initContainers ?? [];
  const start: SpecContainer[] = [];
  const kill: ContainerToKill[] = [];
  const again = (container: Container) => start.push({ kind: "init", container });
  const done = (initialized: boolean, failed = false): InitActions => ({ initialized, failed, start, kill });
  if (containers.length === 0) return done(true);

  // An app container that has started in this sandbox proves that all of them were through, even if they were removed since.
  const names = new Set((pod.spec?.containers ?? []).map(({ name }) => name));
  const wasInitialized = view.containers.some(
    (container) => names.has(container.name) && container.state !== "created" && belongsTo(container, sandbox),
  );
  let furthest = containers.length - 1;
  while (furthest >= 0 && !wasInitialized) {
    const latest = latestOf(view, containers[furthest]?.name ?? "");
    if (latest && belongsTo(latest, sandbox)) break;
    furthest--;
  }

  // Sidecars that were passed already are kept running, whatever goes on further down.
  for (const [index, container] of containers.entries()) {
    if (!isSidecar(container)) continue;
    if (index < furthest || (wasInitialized && index <= furthest)) keepRunning(container);
  }
  if (wasInitialized) return done(true);

  const current = containers[furthest];
  if (!current) {
    const [first] = containers;
    if (first) again(first);
    return done(false);
  }
  const passed = isSidecar(current) ? keepRunning(current) : ranToSuccess(current);
  if (passed === "failed") return done(false, true);
  if (passed !== "passed") return done(false);
  const next = containers[furthest + 1];
  if (!next) return done(true);
  again(next);
  return done(false);

  function keepRunning(container: Container): "passed" | "waiting" {
    const spec: SpecContainer = { kind: "init", container };
    const latest = latestOf(view, container.name);
    if (latest?.state !== "running") {
      again(container);
      return "waiting";
    }
    const fault = faultOf(spec, latest, probes);
    if (fault) {
      kill.push({ ...fault, message: restartMessage(fault) });
      again(container);
      // Its liveness does not decide whether the next one may start.
      return fault.because === "liveness" ? "passed" : "waiting";
    }
    return container.startupProbe && probes.verdict(latest.id, "startup") !== true ? "waiting" : "passed";
  }

  function ranToSuccess(container: Container): "passed" | "waiting" | "failed" {
    const latest = latestOf(view, container.name);
    if (latest?.state === "running") return "waiting";
    if (latest?.state === "exited") {
      if (latest.exitCode === 0) return "passed";
      if (!restartsInitAfterFailure(pod, container, latest.exitCode ?? 1)) return "failed";
    }
    again(container);
    return "waiting";
  }
}
