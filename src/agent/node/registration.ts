/** The Node object as this host registers it. */
import type { Node, NodeStatus, Taint } from "../../machinery/types/core/v1.ts";

export interface Registration {
  readonly nodeName: string;
  readonly hostname: string;
  readonly architecture: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly Taint[];
  readonly podCidr?: string;
}

export function nodeObject(
  { nodeName, hostname, architecture, labels, taints, podCidr }: Registration,
  status: NodeStatus,
): Node {
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name: nodeName,
      labels: {
        "kubernetes.io/hostname": hostname,
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": architecture,
        "beta.kubernetes.io/os": "linux",
        "beta.kubernetes.io/arch": architecture,
        ...labels,
      },
      annotations: { "volumes.kubernetes.io/controller-managed-attach-detach": "true" },
    },
    spec: {
      ...(podCidr === undefined ? {} : { podCIDR: podCidr, podCIDRs: [podCidr] }),
      ...(taints.length > 0 ? { taints: [...taints] } : {}),
    },
    status,
  };
}
