import { once } from "node:events";
import { BlockList, connect, isIP } from "node:net";
import type { Duplex } from "node:stream";
import { badRequest } from "../../../machinery/status/errors.ts";

/** Addresses through which a client could reach what is meant for the server alone. */
const refused = new BlockList();
refused.addSubnet("127.0.0.0", 8, "ipv4");
refused.addSubnet("169.254.0.0", 16, "ipv4");
refused.addSubnet("224.0.0.0", 4, "ipv4");
refused.addAddress("0.0.0.0", "ipv4");
refused.addAddress("::", "ipv6");
refused.addAddress("::1", "ipv6");
refused.addSubnet("fe80::", 10, "ipv6");
refused.addSubnet("ff00::", 8, "ipv6");

/** A connection from this host. Throws a 400 for addresses of the host itself, as kube-apiserver does. */
export async function connectDirectly(host: string, port: number, signal: AbortSignal): Promise<Duplex> {
  const family = isIP(host);
  if (family === 0 || refused.check(host, family === 6 ? "ipv6" : "ipv4")) throw badRequest("address not allowed");
  const socket = connect({ host, port, noDelay: true, signal });
  await once(socket, "connect");
  return socket;
}
