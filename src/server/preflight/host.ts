import { accessSync, constants, existsSync, readFileSync } from "node:fs";
import { release } from "node:os";
import { delimiter, join } from "node:path";
import type { Finding } from "./types.ts";

/** Folders. */
export interface KernelModules {
  readonly loaded: string;
  readonly available: string;
}

/** What of the node's work this user on this system cannot do. Only warnings: the API serves all the same. */
export function checkHost(
  environment: NodeJS.ProcessEnv,
  systemFolders: readonly string[] = ["/usr/sbin", "/sbin"],
  kernel: KernelModules = { loaded: "/sys/module", available: `/lib/modules/${release()}` },
): Finding[] {
  const findings: Finding[] = [];
  if (process.platform !== "linux") {
    findings.push({
      level: "warning",
      message: `this is ${process.platform}: pods' addresses are reachable only from inside Docker's own machine; use kubectl port-forward`,
    });
    return findings;
  }
  const installed = (program: string): boolean =>
    isIn([...(environment.PATH ?? "").split(delimiter), ...systemFolders], program);
  const warn = (message: string): void => void findings.push({ level: "warning", message });
  if (process.getuid?.() !== 0) {
    warn(
      "not root: Services, cluster DNS, NetworkPolicies and the way to other nodes' pods do not work (port-forward does), volumes cannot change owner (fsGroup) or use memory (emptyDir medium Memory); run as root for these",
    );
  }
  if (!installed("nft")) {
    warn(
      "nft is not installed: Services, cluster DNS, NetworkPolicies and the way to other nodes' pods do not work on this node (port-forward does); install nftables",
    );
  }
  if (!installed("ip") || !installed("bridge")) {
    warn("ip and bridge are not installed: pods of other nodes cannot be reached from this one; install iproute2");
  }
  if (!installed("conntrack")) {
    warn(
      "conntrack is not installed: UDP clients that go on asking from one port are not led on when their endpoint has gone; install conntrack",
    );
  }
  if (!hasVxlan(kernel)) {
    warn(
      "this kernel has no vxlan module: pods of other nodes cannot be reached from this one, unless all nodes are on one network and the server runs with --overlay=host-routes",
    );
  }
  return findings;
}

/** True also where the kernel does not tell: it may have it built in. */
function hasVxlan({ loaded, available }: KernelModules): boolean {
  if (existsSync(join(loaded, "vxlan"))) return true;
  const lists = ["modules.dep", "modules.builtin"]
    .map((name) => join(available, name))
    .filter((file) => existsSync(file));
  return lists.length === 0 || lists.some((file) => /\/vxlan\.ko/.test(readFileSync(file, "utf8")));
}

function isIn(folders: readonly string[], program: string): boolean {
  return folders.some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
