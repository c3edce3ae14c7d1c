/**
 * The bridge network of the cluster's pods on this engine, made on demand. Every cluster has its own; the name follows
 * from the cluster id, so that it is found again after a restart.
 */
import { createHash } from "node:crypto";
import type { Logger } from "../../../machinery/logger.ts";
import { type PodNetwork, RuntimeError } from "../types.ts";
import type { Engine } from "./engine.ts";
import { label, type Ownership } from "./labels.ts";

/** At most 15 characters, for it is the bridge's interface name as well. */
function networkName(owner: Ownership): string {
  return `kl-${createHash("sha256").update(`${owner.clusterId}/${owner.nodeName}`).digest("hex").slice(0, 10)}`;
}

/**
 * Returns the network's name. `podCidr` is the range of the pods' addresses; where it overlaps with another network of this
 * engine the engine chooses a range, since pods that run somewhere else beat pods that do not run.
 */
export async function ensureNetwork(
  engine: Engine,
  owner: Ownership,
  podCidr: string | undefined,
  log: Logger,
): Promise<string> {
  const name = networkName(owner);
  if (await exists(engine, name)) return name;
  try {
    await create(engine, owner, name, podCidr);
  } catch (error) {
    if (await exists(engine, name)) return name;
    if (podCidr === undefined || !/overlap/i.test(String(error))) throw error;
    log.warn({ podCidr, network: name }, "pod CIDR overlaps with another Docker network: Docker chooses the addresses");
    await create(engine, owner, name, undefined);
  }
  return name;
}

/** Of the network that ensureNetwork has named. */
export async function podNetwork(engine: Engine, name: string): Promise<PodNetwork> {
  const { IPAM, Options } = await engine.call((docker) => docker.getNetwork(name).inspect());
  const configs = (IPAM?.Config ?? []) as { Subnet?: string; Gateway?: string }[];
  const ipv4 = configs.find(({ Subnet }) => Subnet !== undefined && !Subnet.includes(":"));
  if (!ipv4?.Subnet) throw new RuntimeError("other", `the Docker network ${name} has no IPv4 range`);
  return {
    interface: Options?.["com.docker.network.bridge.name"] ?? name,
    subnet: ipv4.Subnet,
    gateway: ipv4.Gateway ?? firstAddress(ipv4.Subnet),
  };
}

/** What the engine takes for the gateway where it does not say. */
function firstAddress(subnet: string): string {
  const octets = (subnet.split("/")[0] ?? "").split(".").map(Number);
  return [...octets.slice(0, 3), (octets[3] ?? 0) + 1].join(".");
}

async function exists(engine: Engine, name: string): Promise<boolean> {
  try {
    await engine.call((docker) => docker.getNetwork(name).inspect());
    return true;
  } catch (error) {
    if (error instanceof RuntimeError && error.reason === "not-found") return false;
    throw error;
  }
}

async function create(engine: Engine, owner: Ownership, name: string, podCidr: string | undefined): Promise<void> {
  await engine.call((docker) =>
    docker.createNetwork({
      Name: name,
      Driver: "bridge",
      // The engine refuses a second network of the name, which two agents that start at once may try to make.
      CheckDuplicate: true,
      ...(podCidr === undefined ? {} : { IPAM: { Driver: "default", Config: [{ Subnet: podCidr }] } }),
      Options: { "com.docker.network.bridge.name": name },
      Labels: { [label.cluster]: owner.clusterId, [label.node]: owner.nodeName },
    }),
  );
}
