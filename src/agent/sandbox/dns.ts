/** https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/#pod-s-dns-policy */
import type { Pod } from "../../machinery/types/core/v1.ts";

export interface DnsSettings {
  readonly servers: readonly string[];
  readonly searches: readonly string[];
  readonly options: readonly string[];
}

export interface ClusterDns {
  readonly servers: readonly string[];
  /** "cluster.local" */
  readonly domain: string;
}

const MAX_SERVERS = 3;
const MAX_SEARCHES = 32;

/**
 * What stands in the pod's resolv.conf. Undefined: the engine's own (which asks what the host asks), used for the policy
 * Default where `host` has no server that a container could reach. Without a cluster DNS, ClusterFirst is Default.
 */
export function podDns(
  pod: Pod,
  cluster: ClusterDns | undefined,
  host: DnsSettings | undefined,
): DnsSettings | undefined {
  const { dnsPolicy = "ClusterFirst", dnsConfig, hostNetwork } = pod.spec ?? {};
  const first = dnsPolicy === "ClusterFirstWithHostNet" || (dnsPolicy === "ClusterFirst" && !hostNetwork);
  let base: DnsSettings | undefined = host;
  if (dnsPolicy === "None") base = { servers: [], searches: [], options: [] };
  else if (first && cluster) {
    const { domain } = cluster;
    const own = [`${pod.metadata.namespace}.svc.${domain}`, `svc.${domain}`, domain];
    base = { servers: cluster.servers, searches: [...own, ...(host?.searches ?? [])], options: ["ndots:5"] };
  }
  if (!dnsConfig) return base;
  const { nameservers = [], searches = [], options = [] } = dnsConfig;
  const named = new Map((base?.options ?? []).map((option) => [option.split(":")[0] ?? "", option]));
  for (const { name = "", value } of options) named.set(name, value === undefined ? name : `${name}:${value}`);
  return {
    servers: [...new Set([...(base?.servers ?? []), ...nameservers])].slice(0, MAX_SERVERS),
    searches: [...new Set([...(base?.searches ?? []), ...searches])].slice(0, MAX_SEARCHES),
    options: [...named.values()],
  };
}

export function formatResolvConf({ servers, searches, options }: DnsSettings): string {
  const lines = [
    ...(searches.length > 0 ? [`search ${searches.join(" ")}`] : []),
    ...servers.map((server) => `nameserver ${server}`),
    ...(options.length > 0 ? [`options ${options.join(" ")}`] : []),
  ];
  return `${lines.join("\n")}\n`;
}

/** Undefined where no server is of use to a container (none at all, or a stub on the host's own loopback). */
export function parseResolvConf(text: string): DnsSettings | undefined {
  const servers: string[] = [];
  let searches: string[] = [];
  const options: string[] = [];
  for (const line of text.split("\n")) {
    const [keyword, ...values] = line
      .replace(/[#;].*$/, "")
      .trim()
      .split(/\s+/);
    if (keyword === "nameserver" && values[0]) servers.push(values[0]);
    else if (keyword === "search") searches = values.filter((value) => value !== ".");
    else if (keyword === "options") options.push(...values);
  }
  const reachable = servers.filter((server) => !server.startsWith("127.") && server !== "::1");
  return reachable.length > 0 ? { servers: reachable, searches, options } : undefined;
}
