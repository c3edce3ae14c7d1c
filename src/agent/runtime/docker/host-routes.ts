/**
 * What this host reaches through other interfaces than the engine's networks: a LAN, a VPN, or the bridge that an engine has
 * left behind. With pods in the same range the kernel would send their packets there.
 */
import { readFile } from "node:fs/promises";
import type { Cidr } from "../../../machinery/net/cidr.ts";

export interface HostRoute extends Cidr {
  readonly interface: string;
}

/** None where there is no such file: another system than Linux. */
export async function hostRoutes(file = "/proc/net/route"): Promise<readonly HostRoute[]> {
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "";
    throw error;
  });
  return connectedRoutes(text);
}

/** `text`: as in proc_net(5), addresses as the kernel's own words. Without what lies behind a gateway. */
export function connectedRoutes(text: string): readonly HostRoute[] {
  return text.split("\n").flatMap((line) => {
    const [name = "", destination = "", gateway = "", , , , , mask = ""] = line.trim().split(/\s+/);
    if (!/^[0-9A-F]{8}$/.test(destination) || !/^0{8}$/.test(gateway)) return [];
    const bits = numberOf(mask).toString(2).replaceAll("0", "").length;
    return [{ interface: name, first: numberOf(destination), bits, size: 2 ** (32 - bits) }];
  });
}

/** The four bytes stand in the order of the network, which the kernel prints as a number of this machine: little-endian. */
function numberOf(hex: string): number {
  return Buffer.from(hex, "hex").readUInt32LE();
}
