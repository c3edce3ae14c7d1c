/** Of a pod, what NetworkPolicies look at: its labels, addresses and named ports. Everything else stays on the server. */
import type { Container, ContainerPort, Pod } from "../machinery/types/core/v1.ts";

/** Undefined for pods without addresses of their own: on the host's network, not started yet, or ended. */
export function peerOf({ metadata, spec, status }: Pod): Pod | undefined {
  const ips = status?.podIPs ?? (status?.podIP ? [{ ip: status.podIP }] : []);
  if (ips.length === 0 || spec?.hostNetwork || status?.phase === "Succeeded" || status?.phase === "Failed") {
    return undefined;
  }
  const ports = namedPorts([...(spec?.initContainers ?? []).filter(isSidecar), ...(spec?.containers ?? [])]);
  const { namespace, name, uid, labels } = metadata;
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      ...(namespace === undefined ? {} : { namespace }),
      ...(name === undefined ? {} : { name }),
      ...(uid === undefined ? {} : { uid }),
      ...(labels ? { labels } : {}),
    },
    spec: {
      ...(spec?.nodeName === undefined ? {} : { nodeName: spec.nodeName }),
      containers: ports.length > 0 ? [{ name: "ports", ports }] : [],
    },
    status: { podIPs: ips },
  };
}

/** Of one pod's versions; what cannot change in a pod's life is not looked at. */
export function samePeer(a: Pod, b: Pod): boolean {
  return a.metadata.uid === b.metadata.uid && sameAddresses(a, b) && sameLabels(a.metadata.labels, b.metadata.labels);
}

function namedPorts(containers: readonly Container[]): ContainerPort[] {
  return containers.flatMap(({ ports = [] }) =>
    ports
      .filter(({ name }) => name !== undefined)
      .map(({ name = "", containerPort, protocol = "TCP" }) => ({ name, containerPort, protocol })),
  );
}

function isSidecar({ restartPolicy }: Container): boolean {
  return restartPolicy === "Always";
}

function sameAddresses(a: Pod, b: Pod): boolean {
  const [first, second] = [a.status?.podIPs ?? [], b.status?.podIPs ?? []];
  return first.length === second.length && first.every(({ ip }, index) => ip === second[index]?.ip);
}

function sameLabels(a: Readonly<Record<string, string>> = {}, b: Readonly<Record<string, string>> = {}): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}
