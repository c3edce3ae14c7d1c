/** What is wrong with a container that runs. */
import { isSidecar, type SpecContainer } from "../container/kinds.ts";
import { specHash } from "../container/spec-hash.ts";
import { resizeRequiresRestart } from "../resize/actuation.ts";
import type { ContainerState } from "../runtime/types.ts";
import type { ProbeVerdicts } from "./probe-results.ts";

export interface ContainerToKill {
  readonly spec: SpecContainer;
  readonly state: ContainerState;
  /** The event's text: "Container web failed liveness probe, will be restarted". */
  readonly message: string;
  readonly because: "startup" | "liveness" | "changed" | "resize";
}

/** Why a running container cannot stay; undefined where it can. */
export function faultOf(
  spec: SpecContainer,
  running: ContainerState,
  probes: ProbeVerdicts,
): ContainerToKill | undefined {
  const { container, kind } = spec;
  const title = `${kind === "init" ? "Init container" : "Container"} ${container.name}`;
  if (running.specHash !== specHash(container) && (kind === "app" || isSidecar(container))) {
    return { spec, state: running, because: "changed", message: `${title} definition changed` };
  }
  if (resizeRequiresRestart(container, running) && (kind === "app" || isSidecar(container))) {
    return { spec, state: running, because: "resize", message: `${title} resize requires restart` };
  }
  if (container.startupProbe && probes.verdict(running.id, "startup") === false) {
    return { spec, state: running, because: "startup", message: `${title} failed startup probe` };
  }
  if (container.livenessProbe && probes.verdict(running.id, "liveness") === false) {
    return { spec, state: running, because: "liveness", message: `${title} failed liveness probe` };
  }
  return undefined;
}

/** The event's text where the container is started again. */
export function restartMessage({ because, message }: ContainerToKill): string {
  return because === "resize" ? message : `${message}, will be restarted`;
}
