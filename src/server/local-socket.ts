import { join } from "node:path";
import type { UserInfo } from "../api/client/types.ts";

/** Whom the kubeconfig's certificate names. */
export const administrator: UserInfo = {
  name: "kubernetes-admin",
  groups: ["system:masters", "system:authenticated"],
};

/** What sockaddr_un holds, on the system that holds the least. */
const longest = 103;

/** Undefined where a socket cannot be: on Windows, or too deep down. */
export function localSocket(dataDir: string): string | undefined {
  const path = join(dataDir, "kl.sock");
  return process.platform === "win32" || Buffer.byteLength(path) > longest ? undefined : path;
}
