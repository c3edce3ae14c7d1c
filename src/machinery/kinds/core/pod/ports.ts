import type { Container, ContainerPort, Pod, ServicePort } from "../../../types/core/v1.ts";
import { isSidecar } from "./phase.ts";

/** The ports that a pod takes on its node. A hostIP of "" means every address. */
export interface HostPort {
  readonly protocol: string;
  readonly hostIP: string;
  readonly port: number;
}

/** App containers and sidecars: an ordinary init container's host ports are gone when the others run. */
export function hostPorts(pod: Pod): HostPort[] {
  const ports: HostPort[] = [];
  for (const container of pod.spec?.containers ?? []) collect(container, ports);
  for (const container of pod.spec?.initContainers ?? []) if (isSidecar(container)) collect(container, ports);
  return ports;
}

function collect(container: Container, into: HostPort[]): void {
  for (const port of container.ports ?? []) {
    if (port.hostPort) {
      into.push({ protocol: port.protocol ?? "TCP", hostIP: port.hostIP ?? "", port: port.hostPort });
    }
  }
}

export function hostPortsConflict(a: HostPort, b: HostPort): boolean {
  if (a.port !== b.port || a.protocol !== b.protocol) return false;
  return a.hostIP === b.hostIP || isAnyAddress(a.hostIP) || isAnyAddress(b.hostIP);
}

function isAnyAddress(address: string): boolean {
  return address === "" || address === "0.0.0.0" || address === "::";
}

/**
 * The container port that a Service's targetPort means on this pod: a number is itself, a name is looked up among the
 * containers and sidecars by name and protocol. Undefined where the pod has no such port.
 */
export function targetPortOf(pod: Pod, port: ServicePort): number | undefined {
  const target = port.targetPort ?? port.port;
  if (typeof target === "number") return target;
  if (target === "") return port.port;
  const protocol = port.protocol ?? "TCP";
  const matches = (candidate: ContainerPort) => candidate.name === target && (candidate.protocol ?? "TCP") === protocol;
  for (const container of pod.spec?.containers ?? []) {
    const found = container.ports?.find(matches);
    if (found) return found.containerPort;
  }
  for (const container of pod.spec?.initContainers ?? []) {
    const found = isSidecar(container) ? container.ports?.find(matches) : undefined;
    if (found) return found.containerPort;
  }
  return undefined;
}
