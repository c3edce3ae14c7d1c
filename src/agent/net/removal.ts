/** Takes back what a node's network has put into the kernel. */
import { createFirewall } from "./firewall.ts";
import { createNft } from "./nft.ts";
import { ROUTE_PROTOCOL } from "./overlay/plan.ts";
import { removalText as policyRemovalText, policyTableName } from "./policy/policy-table.ts";
import { type Command, findProgram, runProgram } from "./program.ts";
import { removalText } from "./table.ts";

/** "klv-0123456789" beside the bridge "kl-0123456789". */
export function overlayDevice(podInterface: string): string {
  return podInterface.replace(/^kl-/, "klv-");
}

/**
 * Rules, routes, the overlay's device and what stands in the host's firewall. `podInterface`: the name of the pods' bridge,
 * which is the table's too. The bridge itself is the container engine's. Running it where nothing is does no harm.
 * `inside`: what comes before each command, for another network namespace.
 */
export async function removeNodeNetwork(podInterface: string, inside: readonly string[] = []): Promise<void> {
  const at = (program: string): Command => {
    const [first = program, ...rest] = [...inside, program];
    return [first, ...rest];
  };
  const [nft, ip, iptables, restore] = ["nft", "ip", "iptables", "iptables-restore"].map((name) => findProgram(name));
  if (nft) {
    const services = removalText({ family: "ip", name: podInterface });
    await createNft(at(nft)).apply(`${services}${policyRemovalText({ name: policyTableName(podInterface) })}`);
  }
  if (ip) {
    await runProgram(at(ip), ["link", "del", overlayDevice(podInterface)]);
    // Those through another cluster's device are none of ours.
    const { out } = await runProgram(at(ip), ["-4", "route", "show", "proto", String(ROUTE_PROTOCOL)]);
    for (const line of out.split("\n")) {
      const [to = ""] = line.split(" ");
      if (to !== "" && !/ dev klv-/.test(line)) {
        await runProgram(at(ip), ["route", "del", to, "proto", String(ROUTE_PROTOCOL)]);
      }
    }
  }
  if (iptables && restore) await createFirewall(at(iptables), at(restore)).remove(podInterface);
}
