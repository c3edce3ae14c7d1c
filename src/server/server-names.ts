/** Under which names and addresses the API server is reached, for its certificate. */
import { hostname, networkInterfaces } from "node:os";
import { agentServerName } from "../../proto/wire/server-name.ts";
import type { ServerConfig } from "./config.ts";

export function serverNames(
  config: Pick<ServerConfig, "advertiseAddress" | "bindAddress" | "serviceCidr" | "nodeName" | "tlsSan">,
): string[] {
  const everywhere = config.bindAddress === "0.0.0.0" || config.bindAddress === "::";
  const own = Object.values(networkInterfaces())
    .flat()
    .flatMap((address) => (address && !address.address.startsWith("fe80:") ? [address.address] : []));
  return [
    ...new Set([
      "localhost",
      agentServerName,
      "kubernetes",
      "kubernetes.default",
      "kubernetes.default.svc",
      "kubernetes.default.svc.cluster.local",
      config.nodeName,
      hostname().toLowerCase(),
      "127.0.0.1",
      "::1",
      firstServiceAddress(config.serviceCidr),
      config.advertiseAddress ?? "",
      ...(everywhere ? own : [config.bindAddress]),
      ...config.tlsSan,
    ]),
  ].filter((name) => name !== "");
}

/** "10.43.0.1" of "10.43.0.0/16": where pods find the API. */
function firstServiceAddress(cidr: string): string {
  const [network = ""] = cidr.split("/");
  const octets = network.split(".").map(Number);
  const last = octets.pop() ?? 0;
  return [...octets, last + 1].join(".");
}
