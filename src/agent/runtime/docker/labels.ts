/**
 * The labels that make a container ours. Everything an agent must know about a container after a restart is here:
 * nothing about containers is kept anywhere else. Two clusters on one engine are told apart by the cluster id.
 */
import type { ContainerConfig, SandboxConfig } from "../types.ts";

export const label = {
  cluster: "io.kl.cluster",
  node: "io.kl.node",
  /** "sandbox" or "container" */
  role: "io.kl.role",
  containerKind: "io.kl.container.kind",
  attempt: "io.kl.attempt",
  specHash: "io.kl.spec-hash",
  sandbox: "io.kl.sandbox",
  hostNetwork: "io.kl.host-network",
  sharedProcesses: "io.kl.share-process-namespace",
  podUid: "io.kubernetes.pod.uid",
  podNamespace: "io.kubernetes.pod.namespace",
  podName: "io.kubernetes.pod.name",
  containerName: "io.kubernetes.container.name",
} as const;

/** Whose containers these are. `clusterId` is the same for every node of one cluster and differs between clusters. */
export interface Ownership {
  readonly clusterId: string;
  readonly nodeName: string;
}

export function ownershipFilter(owner: Ownership, podUid?: string): string[] {
  const filter = [`${label.cluster}=${owner.clusterId}`, `${label.node}=${owner.nodeName}`];
  if (podUid !== undefined) filter.push(`${label.podUid}=${podUid}`);
  return filter;
}

export function sandboxLabels(owner: Ownership, config: SandboxConfig): Record<string, string> {
  return {
    ...config.labels,
    [label.cluster]: owner.clusterId,
    [label.node]: owner.nodeName,
    [label.role]: "sandbox",
    [label.attempt]: String(config.attempt),
    [label.hostNetwork]: String(config.hostNetwork),
    [label.sharedProcesses]: String(config.shareProcessNamespace),
    [label.podUid]: config.podUid,
    [label.podNamespace]: config.namespace,
    [label.podName]: config.name,
    [label.containerName]: "POD",
  };
}

export function containerLabels(owner: Ownership, config: ContainerConfig, sandboxId: string): Record<string, string> {
  return {
    ...config.labels,
    [label.cluster]: owner.clusterId,
    [label.node]: owner.nodeName,
    [label.role]: "container",
    [label.containerKind]: config.kind,
    [label.attempt]: String(config.attempt),
    [label.specHash]: config.specHash,
    [label.sandbox]: sandboxId,
    [label.podUid]: config.podUid,
    [label.podNamespace]: config.namespace,
    [label.podName]: config.podName,
    [label.containerName]: config.name,
  };
}

/** Docker's name of a container, in the form that tools which read `docker ps` on Kubernetes nodes know. */
export function dockerName(container: string, pod: { namespace: string; name: string; uid: string }, attempt: number) {
  return `k8s_${container}_${pod.name}_${pod.namespace}_${pod.uid}_${attempt}`;
}
