/** What of the network this host lets us do: each undefined where it does not, which a line in the log has said. */
import type { Logger } from "../../machinery/logger.ts";
import { type Conntrack, createConntrack } from "./conntrack.ts";
import { createFirewall, type Firewall } from "./firewall.ts";
import { createNft, type Nft } from "./nft.ts";
import { createOverlayKernel, type OverlayKernel } from "./overlay/kernel.ts";
import { findProgram } from "./program.ts";

export interface HostNetworking {
  readonly nft: Nft | undefined;
  readonly overlay: OverlayKernel | undefined;
  readonly firewall: Firewall | undefined;
  readonly conntrack: Conntrack;
}

export async function hostNetworking(log: Logger): Promise<HostNetworking> {
  const nft = await usableNft(log);
  const conntrack = findProgram("conntrack");
  const forgetting = createConntrack(conntrack === undefined ? undefined : [conntrack], log);
  return { nft, conntrack: forgetting, overlay: nft && usableOverlay(log), firewall: nft && usableFirewall() };
}

async function usableNft(log: Logger): Promise<Nft | undefined> {
  const without = "Services, cluster DNS and the way to other nodes' pods do not work on this node (port-forward does)";
  const program = process.platform === "linux" ? findProgram("nft") : undefined;
  if (!program) {
    log.info({}, `no nftables here: ${without}`);
    return undefined;
  }
  const nft = createNft([program]);
  try {
    await nft.check();
    return nft;
  } catch (error) {
    log.info({ err: error }, `nftables cannot be used: ${without}`);
    return undefined;
  }
}

function usableOverlay(log: Logger): OverlayKernel | undefined {
  const [ip, bridge] = [findProgram("ip"), findProgram("bridge")];
  if (ip && bridge) return createOverlayKernel([ip], [bridge]);
  log.warn({}, "iproute2 is not installed: pods of other nodes cannot be reached from this one");
  return undefined;
}

/** A host without iptables has no firewall that speaks it. */
function usableFirewall(): Firewall | undefined {
  const [iptables, restore] = [findProgram("iptables"), findProgram("iptables-restore")];
  return iptables && restore ? createFirewall([iptables], [restore]) : undefined;
}
