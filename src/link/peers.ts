/** What nodes hear of each other: little, since a node's status changes far more often than how its pods are reached. */
import { isDeepStrictEqual } from "node:util";
import type { PeerNode } from "../../proto/agent.ts";
import type { Node } from "../machinery/types/core/v1.ts";

const topologyLabels = ["topology.kubernetes.io/region", "topology.kubernetes.io/zone"];

export function peerOf({ metadata, spec, status }: Node): PeerNode {
  const { name = "", uid, labels = {} } = metadata;
  const topology = topologyLabels.flatMap((label) => (labels[label] === undefined ? [] : [[label, labels[label]]]));
  const { podCIDR, podCIDRs } = spec ?? {};
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name,
      ...(uid === undefined ? {} : { uid }),
      ...(topology.length > 0 ? { labels: Object.fromEntries(topology) } : {}),
    },
    spec: { ...(podCIDR === undefined ? {} : { podCIDR }), ...(podCIDRs === undefined ? {} : { podCIDRs }) },
    status: { addresses: status?.addresses ?? [] },
  };
}

export function isSamePeer(a: Node, b: Node): boolean {
  return isDeepStrictEqual(peerOf(a), peerOf(b));
}
