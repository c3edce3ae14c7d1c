/** NetworkPolicies by the words of their documentation, one connection at a time: slow, and as plain as possible. */
import { labelSelectorFrom } from "../../../../src/machinery/selectors/labels.ts";
import type { Namespace, Pod } from "../../../../src/machinery/types/core/v1.ts";
import type {
  NetworkPolicy,
  NetworkPolicyPeer,
  NetworkPolicyPort,
} from "../../../../src/machinery/types/networking/v1.ts";

export interface Connection {
  /** The pod that has the address, if one has. */
  readonly from: Pod | undefined;
  readonly fromIp: string;
  readonly to: Pod | undefined;
  readonly toIp: string;
  readonly protocol: "TCP" | "UDP" | "SCTP";
  readonly port: number;
}

export interface ClusterPicture {
  readonly policies: readonly NetworkPolicy[];
  readonly namespaces: readonly Namespace[];
}

export function isAllowed(cluster: ClusterPicture, connection: Connection): boolean {
  if (connection.fromIp === connection.toIp) return true;
  return mayLeave(cluster, connection) && mayEnter(cluster, connection);
}

export function mayLeave(cluster: ClusterPicture, connection: Connection): boolean {
  const { from, to, toIp } = connection;
  const policies = selecting(cluster, from, "Egress");
  return (
    policies.length === 0 ||
    policies.some((policy) =>
      (policy.spec?.egress ?? []).some(
        (rule) =>
          (!rule.to?.length || rule.to.some((peer) => isPeer(cluster, policy, peer, to, toIp))) &&
          isPort(rule.ports, connection),
      ),
    )
  );
}

export function mayEnter(cluster: ClusterPicture, connection: Connection): boolean {
  const { from, to, fromIp } = connection;
  const policies = selecting(cluster, to, "Ingress");
  return (
    policies.length === 0 ||
    policies.some((policy) =>
      (policy.spec?.ingress ?? []).some(
        (rule) =>
          (!rule.from?.length || rule.from.some((peer) => isPeer(cluster, policy, peer, from, fromIp))) &&
          isPort(rule.ports, connection),
      ),
    )
  );
}

function selecting({ policies }: ClusterPicture, pod: Pod | undefined, type: "Ingress" | "Egress"): NetworkPolicy[] {
  if (!pod) return [];
  return policies.filter(({ metadata, spec }) => {
    const types = spec?.policyTypes ?? ["Ingress", ...(spec?.egress?.length ? ["Egress"] : [])];
    return (
      metadata.namespace === pod.metadata.namespace &&
      types.includes(type) &&
      labelSelectorFrom(spec?.podSelector ?? {}).matches(pod.metadata.labels)
    );
  });
}

function isPeer(
  { namespaces }: ClusterPicture,
  policy: NetworkPolicy,
  { ipBlock, namespaceSelector, podSelector }: NetworkPolicyPeer,
  pod: Pod | undefined,
  ip: string,
): boolean {
  if (ipBlock) return within(ip, ipBlock.cidr) && !(ipBlock.except ?? []).some((one) => within(ip, one));
  if (!pod) return false;
  const { namespace, labels } = pod.metadata;
  const inNamespace = namespaceSelector
    ? labelSelectorFrom(namespaceSelector).matches(
        namespaces.find(({ metadata }) => metadata.name === namespace)?.metadata.labels,
      )
    : namespace === policy.metadata.namespace;
  return inNamespace && labelSelectorFrom(podSelector ?? {}).matches(labels);
}

function isPort(ports: readonly NetworkPolicyPort[] | undefined, { protocol, port, to }: Connection): boolean {
  if (!ports?.length) return true;
  return ports.some((one) => {
    if ((one.protocol ?? "TCP") !== protocol) return false;
    if (one.port === undefined) return true;
    if (typeof one.port === "number") return port >= one.port && port <= (one.endPort ?? one.port);
    const named = (to?.spec?.containers ?? []).flatMap(({ ports = [] }) => ports);
    return named.some((own) => own.name === one.port && own.containerPort === port && own.protocol === protocol);
  });
}

function within(ip: string, cidr: string): boolean {
  const [network = "", length = "32"] = cidr.split("/");
  if (network.includes(":")) return false;
  const bits = (address: string) =>
    address
      .split(".")
      .map((octet) => Number(octet).toString(2).padStart(8, "0"))
      .join("")
      .slice(0, Number(length));
  return bits(ip) === bits(network);
}
