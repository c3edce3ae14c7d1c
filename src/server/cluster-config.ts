/** The ConfigMap kl-config in kube-system: what joining agents and `kl token create` must know of this server. */

import { clusterConfigName } from "../api/bootstrap/rbac/join-policy.ts";
import type { Client } from "../api/client/types.ts";
import { StatusError } from "../machinery/status/error.ts";
import type { ConfigMap } from "../machinery/types/core/v1.ts";
import { advertiseAddress } from "./advertise-address.ts";
import { clusterIdOf } from "./cluster-id.ts";
import type { ServerConfig } from "./config.ts";

const configMaps = { group: "", version: "v1", resource: "configmaps" };
const namespace = "kube-system";

export function clusterConfigData(config: ServerConfig, port: number): Record<string, string> {
  const { bindAddress, dataDir } = config;
  const address = advertiseAddress(config) ?? bindAddress;
  return {
    clusterID: clusterIdOf(dataDir),
    // Where other machines find the server, if it listens for them.
    server: `https://${address.includes(":") ? `[${address}]` : address}:${port}`,
    bindAddress,
    reachable: String(!isLoopback(bindAddress)),
  };
}

function isLoopback(address: string): boolean {
  return address.startsWith("127.") || address === "::1" || address === "localhost";
}

/** Creates or corrects it; `client` as an administrator. */
export async function writeClusterConfig(client: Client, data: Record<string, string>): Promise<void> {
  const resource = client.resource<ConfigMap>(configMaps, namespace);
  const present = await resource.get(clusterConfigName).catch((error: unknown) => {
    if (error instanceof StatusError && error.code === 404) return undefined;
    throw error;
  });
  if (present === undefined) {
    const metadata = { name: clusterConfigName, namespace };
    await resource.create({ apiVersion: "v1", kind: "ConfigMap", metadata, data });
    return;
  }
  if (Object.entries(data).every(([key, value]) => present.data?.[key] === value)) return;
  await resource.patch(clusterConfigName, { type: "merge", patch: { data } });
}
