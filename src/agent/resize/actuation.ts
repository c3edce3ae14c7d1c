/** From what is allocated to what runs: cgroup settings that differ are set in the running container. */

import type { Container, Pod } from "../../machinery/types/core/v1.ts";
import { isSidecar, type SpecContainer, specContainers } from "../container/kinds.ts";
import { cpuSettings, memoryLimitBytes } from "../container/resources.ts";
import type { PodContext } from "../pod/context.ts";
import { latestOf, type PodView } from "../pod/view.ts";
import type { ContainerState } from "../runtime/types.ts";

/** Which resources of a running container are not what its spec says; none where the runtime does not know. */
export function outdatedResources(container: Container, { resources }: ContainerState): ("cpu" | "memory")[] {
  if (!resources) return [];
  const cpu = cpuSettings(container);
  const outdated: ("cpu" | "memory")[] = [];
  if (resources.cpuShares !== cpu.cpuShares || (resources.cpuQuota ?? 0) !== (cpu.cpuQuota ?? 0)) outdated.push("cpu");
  if ((resources.memoryLimitBytes ?? 0) !== (memoryLimitBytes(container) ?? 0)) outdated.push("memory");
  return outdated;
}

export function resizeRequiresRestart(container: Container, running: ContainerState): boolean {
  return outdatedResources(container, running).some((name) =>
    container.resizePolicy?.some(
      (policy) => policy.resourceName === name && policy.restartPolicy === "RestartContainer",
    ),
  );
}

/** Containers that run, and run on. */
export function outdatedContainers(pod: Pod, view: PodView): { spec: SpecContainer; running: ContainerState }[] {
  const found: { spec: SpecContainer; running: ContainerState }[] = [];
  for (const spec of specContainers(pod)) {
    if (spec.kind === "ephemeral" || (spec.kind === "init" && !isSidecar(spec.container))) continue;
    const running = latestOf(view, spec.container.name);
    if (running?.state !== "running" || outdatedResources(spec.container, running).length === 0) continue;
    found.push({ spec, running });
  }
  return found;
}

/** Sets in place what can be. Resolves with how many were set, and why another could not be. */
export async function actuateResizes(
  context: PodContext,
  pod: Pod,
  view: PodView,
): Promise<{ readonly resized: number; readonly failure: string | undefined }> {
  let failure: string | undefined;
  let resized = 0;
  for (const { spec, running } of outdatedContainers(pod, view)) {
    if (resizeRequiresRestart(spec.container, running)) continue;
    const limit = memoryLimitBytes(spec.container);
    try {
      await context.runtime.updateContainer(running.id, {
        ...cpuSettings(spec.container),
        ...(limit === undefined ? {} : { memoryLimitBytes: limit }),
      });
      resized++;
    } catch (error) {
      if ((error as Error).name !== "RuntimeError") throw error;
      failure ??= (error as Error).message;
    }
  }
  return { resized, failure };
}
