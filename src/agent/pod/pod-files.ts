/** /etc/hosts and /etc/resolv.conf of a pod: files of the pod's folder, mounted into each of its containers. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Pod } from "../../machinery/types/core/v1.ts";
import type { Mount } from "../runtime/types.ts";
import { podHostname } from "../sandbox/config.ts";
import { type DnsSettings, formatResolvConf } from "../sandbox/dns.ts";
import { formatHostsFile } from "../sandbox/hosts-file.ts";
import { podFolders } from "../volumes/layout.ts";
import type { PodContext } from "./context.ts";

/** Written in place: containers that run hold the files open as mounts. `dns` undefined: the engine's own resolv.conf stays. */
export async function writePodFiles(
  context: Pick<PodContext, "dataDir" | "node">,
  pod: Pod,
  ips: readonly string[],
  dns: DnsSettings | undefined,
): Promise<readonly Mount[]> {
  const folder = podFolders(context.dataDir, pod.metadata.uid ?? "").pod;
  await mkdir(folder, { recursive: true, mode: 0o750 });
  const { hostname, fqdn } = podHostname(pod, context.node.clusterDomain());
  const hosts = formatHostsFile({
    ips,
    hostname,
    ...(fqdn === undefined ? {} : { fqdn }),
    aliases: pod.spec?.hostAliases ?? [],
    ...(pod.spec?.hostNetwork ? { ofHost: await context.node.hostsFile() } : {}),
  });
  const mounts = [await file(join(folder, "etc-hosts"), "/etc/hosts", hosts)];
  if (dns) mounts.push(await file(join(folder, "resolv.conf"), "/etc/resolv.conf", formatResolvConf(dns)));
  return mounts;
}

async function file(hostPath: string, containerPath: string, content: string): Promise<Mount> {
  await writeFile(hostPath, content, { mode: 0o644 });
  return { hostPath, containerPath, readOnly: false };
}
