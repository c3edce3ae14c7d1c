/** /etc/hosts as the kubelet writes it. */
import type { HostAlias } from "../../machinery/types/core/v1.ts";

export interface HostsFile {
  readonly ips: readonly string[];
  readonly hostname: string;
  /** With a subdomain: "web.sub.default.svc.cluster.local". */
  readonly fqdn?: string;
  readonly aliases: readonly HostAlias[];
  /** The host's own file, for pods on the host's network. */
  readonly ofHost?: string;
}

export function formatHostsFile({ ips, hostname, fqdn, aliases, ofHost }: HostsFile): string {
  const names = fqdn ? `${fqdn}\t${hostname}` : hostname;
  const lines =
    ofHost === undefined
      ? [
          "# Kubernetes-managed hosts file.",
          "127.0.0.1\tlocalhost",
          "::1\tlocalhost ip6-localhost ip6-loopback",
          "fe00::\tip6-localnet",
          "fe00::\tip6-mcastprefix",
          "fe00::1\tip6-allnodes",
          "fe00::2\tip6-allrouters",
          ...ips.map((ip) => `${ip}\t${names}`),
        ]
      : ["# Kubernetes-managed hosts file (host network).", ofHost.replace(/\n$/, "")];
  if (aliases.length > 0) {
    lines.push("", "# Entries added by HostAliases.");
    for (const { ip, hostnames = [] } of aliases) lines.push([ip, ...hostnames].join("\t"));
  }
  return `${lines.join("\n")}\n`;
}
