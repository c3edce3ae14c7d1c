/**
 * What a NetworkPolicy says, in the terms of packets: https://kubernetes.io/docs/concepts/services-networking/network-policies/
 * Defaults, and what absent and empty lists mean, are those of the API's documentation of networking.k8s.io/v1.
 */
import { type LabelSelector, labelSelectorFrom } from "../../../machinery/selectors/labels.ts";
import type {
  IPBlock,
  NetworkPolicy,
  NetworkPolicyPeer,
  NetworkPolicyPort,
} from "../../../machinery/types/networking/v1.ts";
import { networkOf } from "./cidr.ts";

export interface CompiledPolicy {
  readonly namespace: string;
  /** Those pods of the namespace that are isolated by it. */
  readonly pods: LabelSelector;
  /** Absent: it does not concern this direction. Empty: nothing is allowed. */
  readonly ingress?: readonly Allow[];
  readonly egress?: readonly Allow[];
}

export interface Allow {
  /** Absent: everybody. */
  readonly peers?: readonly Peer[];
  /** Absent: every port of every protocol. */
  readonly ports?: readonly PortMatch[];
}

export type Peer = PodPeer | BlockPeer;

export interface PodPeer {
  /** Equal for selectors that choose the same pods by the same words. */
  readonly key: string;
  /** Whether pods of a namespace with this name and these labels may match. */
  readonly namespace: (name: string, labels: Readonly<Record<string, string>> | undefined) => boolean;
  readonly pods: LabelSelector;
}

export interface BlockPeer {
  /** "10.0.0.0/8" */
  readonly cidr: string;
  readonly except: readonly string[];
}

export type Protocol = "tcp" | "udp" | "sctp";

export interface PortMatch {
  readonly protocol: Protocol;
  /** A port's name, a range of numbers, or absent: all ports of the protocol. */
  readonly port?: string | { readonly first: number; readonly last: number };
}

export function compilePolicy({ metadata, spec = {} }: NetworkPolicy): CompiledPolicy {
  const namespace = metadata.namespace ?? "";
  const types = spec.policyTypes ?? (spec.egress?.length ? ["Ingress", "Egress"] : ["Ingress"]);
  const allow = (peers: NetworkPolicyPeer[] | undefined, ports: NetworkPolicyPort[] | undefined): Allow => ({
    ...(peers?.length ? { peers: peers.flatMap((peer) => peerOf(peer, namespace)) } : {}),
    ...(ports?.length ? { ports: ports.map(portOf) } : {}),
  });
  return {
    namespace,
    pods: labelSelectorFrom(spec.podSelector ?? {}),
    ...(types.includes("Ingress")
      ? { ingress: (spec.ingress ?? []).map(({ from, ports }) => allow(from, ports)) }
      : {}),
    ...(types.includes("Egress") ? { egress: (spec.egress ?? []).map(({ to, ports }) => allow(to, ports)) } : {}),
  };
}

/** None for a block of the other address family: it matches nobody, which is not the same as no peers at all. */
function peerOf({ podSelector, namespaceSelector, ipBlock }: NetworkPolicyPeer, own: string): Peer[] {
  if (ipBlock) return blockOf(ipBlock);
  const pods = labelSelectorFrom(podSelector ?? {});
  if (!namespaceSelector) return [{ key: `=${own}|${pods}`, namespace: (name) => name === own, pods }];
  const namespaces = labelSelectorFrom(namespaceSelector);
  return [{ key: `${namespaces}|${pods}`, namespace: (_, labels) => namespaces.matches(labels), pods }];
}

function blockOf({ cidr, except = [] }: IPBlock): BlockPeer[] {
  const network = networkOf(cidr);
  if (network === undefined) return [];
  return [{ cidr: network, except: except.flatMap((one) => networkOf(one) ?? []) }];
}

function portOf({ protocol = "TCP", port, endPort }: NetworkPolicyPort): PortMatch {
  const lower = protocol.toLowerCase() as Protocol;
  if (port === undefined) return { protocol: lower };
  return { protocol: lower, port: typeof port === "string" ? port : { first: port, last: endPort ?? port } };
}
