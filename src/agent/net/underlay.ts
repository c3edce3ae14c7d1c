/** The wire between the nodes. */
import { readFile } from "node:fs/promises";
import { networkInterfaces } from "node:os";

/** Of the interface that has the address; undefined where none has it, or the system does not say. */
export async function underlayMtu(address: string): Promise<number | undefined> {
  const found = Object.entries(networkInterfaces()).find(([, list]) => list?.some((one) => one.address === address));
  if (!found) return undefined;
  const text = await readFile(`/sys/class/net/${found[0]}/mtu`, "utf8").catch(() => "");
  const mtu = Number(text.trim());
  // The loopback takes packets that no wire takes.
  return mtu > 0 ? Math.min(mtu, 9000) : undefined;
}
