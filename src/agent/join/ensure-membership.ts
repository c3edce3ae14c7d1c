import { X509Certificate } from "node:crypto";
import { hashOfAuthority, parseJoinToken } from "../../machinery/bootstrap/join-token.ts";
import { type JoinOptions, joinCluster } from "./join.ts";
import { JoinError } from "./join-error.ts";
import { type Membership, readMembership, writeMembership } from "./membership.ts";

export interface MembershipOptions extends Omit<JoinOptions, "url" | "token" | "nodeName"> {
  /** Absent where the host has joined before. */
  readonly url?: string;
  readonly token?: string;
  /** What was asked for; `defaultNodeName` where nothing was. */
  readonly nodeName?: string;
  readonly defaultNodeName: string;
}

/** The membership that this host has, or a new one by the token. Throws JoinError. */
export async function ensureMembership(options: MembershipOptions): Promise<Membership> {
  const { url, token, nodeName, defaultNodeName, ...rest } = options;
  const { directory, clock } = options;
  const kept = await readMembership(directory);
  if (kept === undefined) {
    if (url === undefined)
      throw new JoinError("--join https://HOST:PORT is needed, where this host has not joined before");
    if (token === undefined)
      throw new JoinError("--token is needed: kl token create --print-join-command on the server prints it");
    return joinCluster({ ...rest, url, token, nodeName: nodeName ?? defaultNodeName });
  }
  if (nodeName !== undefined && nodeName !== kept.nodeName) {
    throw new JoinError(
      `this host is the node ${kept.nodeName} already: leave out --node-name, or kl agent reset first`,
    );
  }
  if (token !== undefined && parsedHash(token) !== hashOfAuthority(kept.ca)) {
    throw new JoinError(
      "this host is a node of another cluster than the token's: kl agent reset first, or choose another --data-dir",
    );
  }
  const end = new X509Certificate(kept.certificate.cert).validToDate;
  if (end.getTime() <= clock.now()) {
    if (token === undefined) {
      throw new JoinError(
        `the certificate of the node ${kept.nodeName} ended on ${end.toISOString()}: join again with --token (kl token create on the server prints one)`,
      );
    }
    return joinCluster({ ...rest, url: url ?? kept.server, token, nodeName: kept.nodeName });
  }
  if (url === undefined || url === kept.server) return kept;
  // The server has another address now; that it is the same one, its certificate shows.
  const moved = { ...kept, server: url };
  await writeMembership(directory, moved);
  return moved;
}

function parsedHash(token: string): string {
  try {
    return parseJoinToken(token).caHash;
  } catch (error) {
    throw new JoinError((error as Error).message);
  }
}
