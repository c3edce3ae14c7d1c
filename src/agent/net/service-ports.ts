/** What of a Service concerns the rules of one address family, a port at a time. */
import type { Service } from "../../machinery/types/core/v1.ts";

export type Family = "ip" | "ip6";
export type Protocol = "tcp" | "udp" | "sctp";

export interface ServicePort {
  /** "default/web/tcp/80": unique, and fit to be part of a chain's name. */
  readonly id: string;
  /** Of the Service's port; "" where it has none. Slices name their ports by it. */
  readonly name: string;
  readonly protocol: Protocol;
  readonly port: number;
  readonly nodePort?: number;
  readonly clusterIPs: readonly string[];
  readonly externalIPs: readonly string[];
  readonly loadBalancerIPs: readonly string[];
  /** CIDRs that may come in over the load balancer's addresses; empty: all. */
  readonly sourceRanges: readonly string[];
  readonly internalLocal: boolean;
  readonly externalLocal: boolean;
  /** How long a client stays with its endpoint; absent: no affinity. */
  readonly affinitySeconds?: number;
}

const DEFAULT_AFFINITY_SECONDS = 10_800;
const protocols = new Map<string, Protocol>([
  ["TCP", "tcp"],
  ["UDP", "udp"],
  ["SCTP", "sctp"],
]);

/** Nothing for headless Services and those that are only a name: there is nothing to redirect. */
export function servicePorts({ metadata, spec, status }: Service, family: Family): ServicePort[] {
  if (!spec || spec.type === "ExternalName" || spec.clusterIP === "None" || !spec.clusterIP) return [];
  const ofFamily = (address: string) => address.includes(":") === (family === "ip6");
  const clusterIPs = (spec.clusterIPs ?? [spec.clusterIP]).filter(ofFamily);
  if (clusterIPs.length === 0) return [];
  const external = spec.type === "NodePort" || spec.type === "LoadBalancer";
  const externalIPs = (spec.externalIPs ?? []).filter(ofFamily);
  const loadBalancerIPs =
    spec.type === "LoadBalancer"
      ? (status?.loadBalancer?.ingress ?? []).flatMap(({ ip, ipMode }) =>
          ip && ofFamily(ip) && ipMode !== "Proxy" ? [ip] : [],
        )
      : [];
  const { timeoutSeconds = DEFAULT_AFFINITY_SECONDS } = spec.sessionAffinityConfig?.clientIP ?? {};
  return (spec.ports ?? []).flatMap(({ name = "", protocol: named = "TCP", port, nodePort }) => {
    const protocol = protocols.get(named);
    if (!protocol) return [];
    return {
      id: `${metadata.namespace}/${metadata.name}/${protocol}/${port}`,
      name,
      protocol,
      port,
      ...(external && nodePort ? { nodePort } : {}),
      clusterIPs,
      externalIPs,
      loadBalancerIPs,
      sourceRanges: (spec.loadBalancerSourceRanges ?? []).map((range) => range.trim()).filter(ofFamily),
      internalLocal: spec.internalTrafficPolicy === "Local",
      externalLocal: spec.externalTrafficPolicy === "Local" && (external || externalIPs.length > 0),
      ...(spec.sessionAffinity === "ClientIP" ? { affinitySeconds: timeoutSeconds } : {}),
    };
  });
}
