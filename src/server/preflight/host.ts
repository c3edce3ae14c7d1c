import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import type { Finding } from "./types.ts";

/** What of the node's work this user on this system cannot do. Only warnings: the API serves all the same. */
export function checkHost(
  environment: NodeJS.ProcessEnv,
  systemFolders: readonly string[] = ["/usr/sbin", "/sbin"],
): Finding[] {
  const findings: Finding[] = [];
  if (process.platform !== "linux") {
    findings.push({
      level: "warning",
      message: `this is ${process.platform}: pods' addresses are reachable only from inside Docker's own machine; use kubectl port-forward`,
    });
    return findings;
  }
  if (process.getuid?.() !== 0) {
    findings.push({
      level: "warning",
      message:
        "not root: Services and cluster DNS do not work (port-forward does), volumes cannot change owner (fsGroup) or use memory (emptyDir medium Memory); run as root for these",
    });
  }
  if (!isIn([...(environment.PATH ?? "").split(delimiter), ...systemFolders], "nft")) {
    findings.push({
      level: "warning",
      message:
        "nft is not installed: Services and cluster DNS do not work on this node (port-forward does); install nftables",
    });
  }
  return findings;
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
