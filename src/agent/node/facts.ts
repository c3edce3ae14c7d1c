/** What pods need to know of their node. */
import { readFile } from "node:fs/promises";
import { totalmem } from "node:os";
import type { NodeFacts } from "../pod/context.ts";
import { type ClusterDns, type DnsSettings, parseResolvConf } from "../sandbox/dns.ts";

/** systemd-resolved's own list stands behind its stub on the loopback. */
const resolvConfs = ["/etc/resolv.conf", "/run/systemd/resolve/resolv.conf"];

export interface NodeFactsInput {
  readonly ips: readonly string[];
  /** Of the engine, where it has said; it may run in a smaller virtual machine. */
  readonly memoryBytes: () => number | undefined;
  /** Undefined while there is none that a pod could reach. */
  readonly clusterDns: () => ClusterDns | undefined;
  readonly clusterDomain?: () => string;
  /** Absent: pods' addresses are there from the beginning. */
  readonly networkReady?: () => Promise<void>;
}

export function nodeFacts({ ips, memoryBytes, clusterDns, clusterDomain, networkReady }: NodeFactsInput): NodeFacts {
  return {
    ips: () => ips,
    memoryBytes: () => memoryBytes() ?? totalmem(),
    clusterDns,
    clusterDomain: clusterDomain ?? (() => "cluster.local"),
    networkReady: networkReady ?? (() => Promise.resolve()),
    hostDns,
    hostsFile: () => readFile("/etc/hosts", "utf8"),
  };
}

async function hostDns(): Promise<DnsSettings | undefined> {
  if (process.platform !== "linux") return undefined;
  for (const path of resolvConfs) {
    const settings = parseResolvConf(await readFile(path, "utf8").catch(() => ""));
    if (settings) return settings;
  }
  return undefined;
}
