/** Which node an agent is: its client certificate says so, and nothing else. */
import type { TLSSocket } from "node:tls";

const prefix = "system:node:";
const group = "system:nodes";

/** What is asked of a connection of TLS; `authorized`: the certificate comes from the cluster's CA and is valid. */
export type PeerOfAgent = Pick<TLSSocket, "authorized" | "getPeerCertificate">;

/** Either the node's name, or why this is no node, with gRPC's name for it. */
export function nodeOf(
  socket: PeerOfAgent,
): { readonly node: string } | { readonly code: "UNAUTHENTICATED" | "PERMISSION_DENIED"; readonly reason: string } {
  if (!socket.authorized) {
    return { code: "UNAUTHENTICATED", reason: "the server knows agents by certificates of this cluster: join again" };
  }
  const { CN, O } = socket.getPeerCertificate().subject ?? {};
  const groups: readonly string[] = O === undefined ? [] : [O].flat();
  const name = [CN ?? ""].flat()[0] ?? "";
  if (!name.startsWith(prefix) || name === prefix || !groups.includes(group)) {
    return { code: "PERMISSION_DENIED", reason: `"${name}" is not a node: agents need a certificate of a node` };
  }
  return { node: name.slice(prefix.length) };
}
