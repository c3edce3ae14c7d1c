import type { Pod } from "../../machinery/types/core/v1.ts";

export interface HostPort {
  /** "0.0.0.0" stands for all of the node's addresses. */
  readonly ip: string;
  readonly protocol: string;
  readonly port: number;
}

const anyAddress = "0.0.0.0";

/** The ports a pod takes on its node: of containers and of sidecars. */
export function hostPortsOf(pod: Pod): HostPort[] {
  const ports: HostPort[] = [];
  const sidecars = pod.spec?.initContainers?.filter((container) => container.restartPolicy === "Always") ?? [];
  for (const container of [...(pod.spec?.containers ?? []), ...sidecars]) {
    for (const { hostPort, hostIP, protocol } of container.ports ?? []) {
      if (hostPort) ports.push({ ip: hostIP || anyAddress, protocol: protocol || "TCP", port: hostPort });
    }
  }
  return ports;
}

export function portsCollide(a: HostPort, b: HostPort): boolean {
  return (
    a.port === b.port && a.protocol === b.protocol && (a.ip === b.ip || a.ip === anyAddress || b.ip === anyAddress)
  );
}
