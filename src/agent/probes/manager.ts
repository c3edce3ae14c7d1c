import type { Clock } from "../../machinery/clock.ts";
import type { Probe } from "../../machinery/types/core/v1.ts";
import type { Runtime } from "../runtime/types.ts";
import type { ProbeKind, ProbeManager, ProbeSink, ProbeTarget } from "./types.ts";
import { ProbeWorker } from "./worker.ts";

export interface ProbeManagerOptions {
  readonly runtime: Pick<Runtime, "execProbe">;
  readonly sink: ProbeSink;
  readonly clock: Clock;
}

/** A container without probes costs nothing here: no timer runs for it. */
export function createProbeManager({ runtime, sink, clock }: ProbeManagerOptions): ProbeManager {
  const probed = new Map<string, ProbeWorker[]>();

  const begin = (target: ProbeTarget, kind: ProbeKind, probe: Probe | undefined, started?: () => void): void => {
    if (!probe) return;
    const worker = new ProbeWorker({ target, kind, probe, runtime, sink, clock, ...(started ? { started } : {}) });
    probed.get(target.containerId)?.push(worker);
    worker.start();
  };

  return {
    start(target) {
      const { container, containerId } = target;
      if (probed.has(containerId)) return;
      if (!container.startupProbe && !container.readinessProbe && !container.livenessProbe) return;
      probed.set(containerId, []);
      const rest = (): void => {
        if (!probed.has(containerId)) return;
        begin(target, "readiness", container.readinessProbe);
        begin(target, "liveness", container.livenessProbe);
      };
      if (container.startupProbe && !hasStarted(target)) begin(target, "startup", container.startupProbe, rest);
      else rest();
    },

    stop(containerId) {
      for (const worker of probed.get(containerId) ?? []) worker.stop();
      probed.delete(containerId);
    },

    close() {
      for (const containerId of [...probed.keys()]) this.stop(containerId);
    },
  };
}

/** A container that an agent adopts has its startup behind it if the status says so: its probe is not made again. */
function hasStarted({ container, containerId, pod }: ProbeTarget): boolean {
  const statuses = [...(pod.status?.containerStatuses ?? []), ...(pod.status?.initContainerStatuses ?? [])];
  const status = statuses.find(({ name }) => name === container.name);
  return status?.started === true && (status.containerID ?? "").endsWith(containerId) && containerId !== "";
}
