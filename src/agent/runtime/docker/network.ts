/**
 * The bridge network of the cluster's pods on this engine, made on demand. Every cluster has its own; the name follows
 * from the cluster id, so that it is found again after a restart.
 */
import { createHash } from "node:crypto";
import type { Logger } from "../../../machinery/logger.ts";
import { RuntimeError } from "../types.ts";
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
