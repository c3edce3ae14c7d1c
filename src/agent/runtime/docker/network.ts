/**
 * The bridge network of the cluster's pods on this engine, made on demand. Every cluster has its own; the name follows
 * from the cluster id, so that it is found again after a restart.
 */
import { createHash } from "node:crypto";
import type { Logger } from "../../../machinery/logger.ts";
import { type Cidr, cidrsOverlap, formatCidr, parseCidr } from "../../../machinery/net/cidr.ts";
import { overlayDevice } from "../../net/removal.ts";
import { type PodNetwork, type PodNetworkWish, RuntimeError } from "../types.ts";
import type { Engine } from "./engine.ts";
import { hostRoutes } from "./host-routes.ts";
import { label, type Ownership } from "./labels.ts";

/** What the engine tells of a network, as far as it matters here. */
interface Inspected {
  readonly Name: string;
  readonly IPAM?: { readonly Config?: readonly { readonly Subnet?: string; readonly Gateway?: string }[] | null };
  readonly Options?: Readonly<Record<string, string>> | null;
  readonly Containers?: Readonly<Record<string, unknown>> | null;
}

const bridgeOption = "com.docker.network.bridge.name";
const masqueradeOption = "com.docker.network.bridge.enable_ip_masquerade";
const mtuOption = "com.docker.network.driver.mtu";
/** From Docker 28 on pods can be reached from other hosts only where this says so; others do not know it. */
const gatewayModeOption = "com.docker.network.bridge.gateway_mode_ipv4";

/** Addresses of a /16. */
const BLOCK = 2 ** 16;
const MAX_ATTEMPTS = 5;
const USUAL_RANGE = "10.42.0.0/24";

/** At most 15 characters, for it is the bridge's interface name as well. */
export function networkName(owner: Ownership): string {
  return `kl-${createHash("sha256").update(`${owner.clusterId}/${owner.nodeName}`).digest("hex").slice(0, 10)}`;
}

/**
 * Returns the network's name. Where another network of this engine or of the host has the wished range another one is taken,
 * since pods that run somewhere else beat pods that do not run. Without a wish, whatever is there is right.
 */
export async function ensureNetwork(
  engine: Engine,
  owner: Ownership,
  wish: PodNetworkWish | undefined,
  log: Logger,
): Promise<string> {
  const name = networkName(owner);
  const present = await inspect(engine, name);
  if (present && (!wish || fits(present, wish))) return name;
  const taken = wish && (await takenBy(engine, name, wish.subnet));
  if (present && wish) {
    // It has other addresses than wished already: its pods are not ended for yet others.
    if (taken !== undefined && isMasquerading(present) === wish.masquerade) return name;
    log.warn(
      { network: name, ...wish },
      "the pods' bridge is made anew, since its addresses have changed: its pods start again",
    );
    await removeNetwork(engine, name, present);
  }
  if (taken !== undefined) {
    log.warn(
      { podCidr: wish?.subnet, network: name, other: taken },
      "pod CIDR overlaps with another network of this host: pods get other addresses, and pods of other nodes cannot reach them",
    );
  }
  let searching = taken !== undefined;
  for (let attempt = 1; ; attempt++) {
    try {
      const subnet = searching ? await freeRange(engine, name, wish?.subnet ?? USUAL_RANGE) : wish?.subnet;
      await create(engine, owner, name, wish, subnet);
      return name;
    } catch (error) {
      // Two that start at once: the other one was faster, with this very network or with another one of these addresses.
      if (await inspect(engine, name)) return name;
      if (attempt === MAX_ATTEMPTS || !/overlap|address pool/i.test(String(error))) throw error;
      searching = true;
    }
  }
}

/** Of the network that ensureNetwork has named. */
export async function podNetwork(engine: Engine, name: string): Promise<PodNetwork> {
  const network = await inspect(engine, name);
  const range = network && ipv4Of(network);
  if (!network || !range?.Subnet) throw new RuntimeError("other", `the Docker network ${name} has no IPv4 range`);
  return {
    interface: network.Options?.[bridgeOption] ?? name,
    subnet: range.Subnet,
    gateway: range.Gateway ?? firstAddress(range.Subnet),
  };
}

function ipv4Of({ IPAM }: Inspected): { readonly Subnet?: string; readonly Gateway?: string } | undefined {
  return (IPAM?.Config ?? []).find(({ Subnet }) => Subnet !== undefined && !Subnet.includes(":"));
}

function isMasquerading({ Options }: Inspected): boolean {
  return Options?.[masqueradeOption] !== "false";
}

/** A wrong MTU alone is no reason to end pods. */
function fits(network: Inspected, wish: PodNetworkWish): boolean {
  const same = ipv4Of(network)?.Subnet === wish.subnet && isMasquerading(network) === wish.masquerade;
  const empty = Object.keys(network.Containers ?? {}).length === 0;
  const mtu = wish.mtu === undefined || network.Options?.[mtuOption] === String(wish.mtu);
  return same && (mtu || !empty);
}

/** The name of the other network, or of the other interface. */
async function takenBy(engine: Engine, name: string, subnet: string): Promise<string | undefined> {
  const wanted = parseCidr(subnet);
  if (!wanted) return undefined;
  return (await usedRanges(engine, name)).find((used) => conflicts(used, wanted))?.owner;
}

/**
 * One of the same size that no other network has, from the far end of the same /16. The engine's own choice comes
 * from a few dozen large ranges, which are soon used up. Undefined: let it choose nevertheless.
 */
async function freeRange(engine: Engine, name: string, subnet: string): Promise<string | undefined> {
  const wanted = parseCidr(subnet);
  if (!wanted) return undefined;
  const used = await usedRanges(engine, name);
  const block = wanted.first - (wanted.first % BLOCK);
  for (let first = block + BLOCK - wanted.size; first >= block; first -= wanted.size) {
    const candidate = { first, bits: wanted.bits, size: wanted.size };
    if (!used.some((other) => conflicts(other, candidate))) return formatCidr(candidate);
  }
  return undefined;
}

interface UsedRange extends Cidr {
  /** Wider routes give way to the pods' own. */
  readonly isRoute: boolean;
  readonly owner: string;
}

function conflicts(used: UsedRange, wanted: Cidr): boolean {
  return cidrsOverlap(used, wanted) && !(used.isRoute && used.bits < wanted.bits);
}

/** By all but the network of this name. */
async function usedRanges(engine: Engine, name: string): Promise<readonly UsedRange[]> {
  const listed = engine.call((docker) => docker.listNetworks()) as unknown as Promise<Inspected[]>;
  const [networks, routes] = await Promise.all([listed, hostRoutes()]);
  const others = networks.filter(({ Name }) => Name !== name);
  return [
    ...others.flatMap((network) =>
      rangesOf(network).map((range) => ({ ...range, isRoute: false, owner: network.Name })),
    ),
    ...routes
      .filter((route) => route.interface !== name && route.interface !== overlayDevice(name))
      .map((route) => ({ ...route, isRoute: true, owner: route.interface })),
  ];
}

function rangesOf({ IPAM }: Inspected): Cidr[] {
  return (IPAM?.Config ?? []).flatMap(({ Subnet }) => parseCidr(Subnet ?? "") ?? []);
}

/** What is attached are our own sandboxes: their pods get new ones. */
async function removeNetwork(engine: Engine, name: string, { Containers }: Inspected): Promise<void> {
  await Promise.all(
    Object.keys(Containers ?? {}).map((id) =>
      engine.call((docker) =>
        docker
          .getContainer(id)
          .remove({ force: true, v: true })
          .catch((error: { statusCode?: number }) => {
            if (error.statusCode !== 404 && error.statusCode !== 409) throw error;
          }),
      ),
    ),
  );
  await engine.call((docker) => docker.getNetwork(name).remove());
}

/** What the engine takes for the gateway where it does not say. */
function firstAddress(subnet: string): string {
  const octets = (subnet.split("/")[0] ?? "").split(".").map(Number);
  return [...octets.slice(0, 3), (octets[3] ?? 0) + 1].join(".");
}

async function inspect(engine: Engine, name: string): Promise<Inspected | undefined> {
  try {
    return (await engine.call((docker) => docker.getNetwork(name).inspect())) as Inspected;
  } catch (error) {
    if (error instanceof RuntimeError && error.reason === "not-found") return undefined;
    throw error;
  }
}

async function create(
  engine: Engine,
  owner: Ownership,
  name: string,
  wish: PodNetworkWish | undefined,
  subnet: string | undefined,
): Promise<void> {
  await engine.call((docker) =>
    docker.createNetwork({
      Name: name,
      Driver: "bridge",
      // The engine refuses a second network of the name, which two agents that start at once may try to make.
      CheckDuplicate: true,
      ...(subnet === undefined ? {} : { IPAM: { Driver: "default", Config: [{ Subnet: subnet }] } }),
      Options: {
        [bridgeOption]: name,
        ...(wish?.mtu === undefined ? {} : { [mtuOption]: String(wish.mtu) }),
        ...(wish && !wish.masquerade ? { [masqueradeOption]: "false", [gatewayModeOption]: "nat-unprotected" } : {}),
      },
      Labels: { [label.cluster]: owner.clusterId, [label.node]: owner.nodeName },
    }),
  );
}
