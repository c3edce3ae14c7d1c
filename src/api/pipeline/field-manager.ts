/** The name under which a writer owns fields, where it does not give one itself. */
import type { UserInfo } from "../client/types.ts";

const maxBytes = 128;
/** As much as Go's unicode.IsPrint leaves out: the space is the only separator that prints. */
const unprintable = /[\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu;
const prefixes = new Map<string, string>();
const maxPrefixes = 500;

/** The User-Agent up to its first slash, "kubectl" of "kubectl/v1.35.0 (linux/amd64)"; "unknown" where there is none. */
export function managerOfUserAgent(userAgent: string | undefined): string {
  if (userAgent === undefined) return "unknown";
  let prefix = prefixes.get(userAgent);
  if (prefix === undefined) {
    prefix = "";
    for (const char of (userAgent.split("/")[0] ?? "").replace(unprintable, "")) {
      if (Buffer.byteLength(prefix + char) > maxBytes) break;
      prefix += char;
    }
    prefix ||= "unknown";
    if (prefixes.size >= maxPrefixes) prefixes.clear();
    prefixes.set(userAgent, prefix);
  }
  return prefix;
}

/** Of the components in this process, which have no User-Agent: the name of the program that does their work elsewhere. */
export function managerOfUser({ name }: UserInfo): string {
  if (name.startsWith("system:node:")) return "kubelet";
  if (name.startsWith("system:serviceaccount:kube-system:")) return "kube-controller-manager";
  if (name === "system:apiserver") return "kube-apiserver";
  return name.startsWith("system:") ? name.slice("system:".length) : name;
}
