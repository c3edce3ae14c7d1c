/** From a pod's spec to its sandbox. */
import type { Pod } from "../../machinery/types/core/v1.ts";
import type { SandboxConfig } from "../runtime/types.ts";
import type { DnsSettings } from "./dns.ts";

const MAX_HOSTNAME = 63;

export function sandboxConfig(pod: Pod, attempt: number, domain: string, dns: DnsSettings | undefined): SandboxConfig {
  const { metadata, spec } = pod;
  const ports = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])].flatMap(({ ports = [] }) => ports);
  return {
    podUid: metadata.uid ?? "",
    namespace: metadata.namespace ?? "",
    name: metadata.name ?? "",
    hostname: podHostname(pod, domain).hostname,
    attempt,
    hostNetwork: spec?.hostNetwork ?? false,
    hostPID: spec?.hostPID ?? false,
    hostIPC: spec?.hostIPC ?? false,
    shareProcessNamespace: spec?.shareProcessNamespace ?? false,
    ...(dns ? { dns } : {}),
    hostAliases: (spec?.hostAliases ?? []).map(({ ip, hostnames = [] }) => ({ ip, hostnames })),
    portMappings: ports.flatMap(({ containerPort, hostIP, hostPort, protocol }) =>
      hostPort
        ? [{ hostPort, containerPort, protocol: (protocol ?? "TCP") as "TCP", ...(hostIP ? { hostIP } : {}) }]
        : [],
    ),
    sysctls: Object.fromEntries((spec?.securityContext?.sysctls ?? []).map(({ name, value }) => [name, value])),
    labels: {},
  };
}

/** The pod's name in its own eyes, cut to what the kernel takes, and its full name where it has a subdomain. */
export function podHostname(pod: Pod, domain: string): { readonly hostname: string; readonly fqdn?: string } {
  const { hostname, hostnameOverride, subdomain, setHostnameAsFQDN } = pod.spec ?? {};
  if (hostnameOverride) return { hostname: hostnameOverride };
  const short = hostname || cut(pod.metadata.name ?? "");
  if (!subdomain) return { hostname: short };
  const fqdn = `${short}.${subdomain}.${pod.metadata.namespace}.svc.${domain}`;
  return { hostname: setHostnameAsFQDN ? fqdn : short, fqdn };
}

function cut(name: string): string {
  return name.length <= MAX_HOSTNAME ? name : name.slice(0, MAX_HOSTNAME).replace(/[-.]+$/, "");
}
