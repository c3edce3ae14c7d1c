/**
 * The rules of one direction of a pod, in nft's language: what any of its policies allows returns to where the pod was looked
 * up, and the rest is dropped. Policies add up, so it does not matter which of them allows. The chain's name follows from its
 * rules: pods with the same rules share a chain, and a chain never changes.
 */
import { createHash } from "node:crypto";
import type { Allow, BlockPeer, Peer, PodPeer, PortMatch, Protocol } from "./compile.ts";

export type Direction = "ingress" | "egress";

export interface Profile {
  /** Of the chain. */
  readonly name: string;
  readonly rules: readonly string[];
  /** What the rules refer to; by the sets' names. */
  readonly peers: ReadonlyMap<string, PodPeer>;
  readonly namedPorts: ReadonlyMap<string, NamedPort>;
}

export interface NamedPort {
  readonly protocol: Protocol;
  readonly name: string;
}

export function profileOf(direction: Direction, allows: readonly Allow[]): Profile {
  const peers = new Map<string, PodPeer>();
  const namedPorts = new Map<string, NamedPort>();
  const rules = new Set<string>();
  const far = direction === "ingress" ? "saddr" : "daddr";
  for (const allow of allows) {
    const whom = allow.peers ? allow.peers.map((peer) => peerMatch(peer, far, peers)) : [""];
    const where = allow.ports ? portMatches(allow.ports, namedPorts) : [""];
    for (const who of whom) for (const port of where) rules.add([who, port, "return"].filter(Boolean).join(" "));
  }
  const lines = [...[...rules].sort(), "drop"];
  return { name: `${direction}/${hash(lines.join("\n"))}`, rules: lines, peers, namedPorts };
}

function peerMatch(peer: Peer, far: string, sets: Map<string, PodPeer>): string {
  if (isBlock(peer)) return [`ip ${far} ${peer.cidr}`, ...peer.except.map((one) => `ip ${far} != ${one}`)].join(" ");
  const name = `peers/${hash(peer.key)}`;
  sets.set(name, peer);
  return `ip ${far} @${name}`;
}

function isBlock(peer: Peer): peer is BlockPeer {
  return "cidr" in peer;
}

/** One match for all the numbers of a protocol. A name is a number of the pod that is spoken to, another one for each pod. */
function portMatches(ports: readonly PortMatch[], namedPorts: Map<string, NamedPort>): string[] {
  const matches = new Set<string>();
  const ranges = new Map<Protocol, { first: number; last: number }[]>();
  for (const { protocol, port } of ports) {
    if (port === undefined) matches.add(`meta l4proto ${protocol}`);
    else if (typeof port === "string") {
      const set = `named/${protocol}/${port}`;
      namedPorts.set(set, { protocol, name: port });
      matches.add(`meta l4proto ${protocol} ip daddr . th dport @${set}`);
    } else ranges.set(protocol, [...(ranges.get(protocol) ?? []), port]);
  }
  for (const [protocol, list] of ranges) {
    const merged = merge(list).map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`));
    matches.add(`${protocol} dport { ${merged.join(", ")} }`);
  }
  return [...matches];
}

/** Sets refuse intervals that overlap. */
function merge(ranges: readonly { first: number; last: number }[]): { first: number; last: number }[] {
  const merged: { first: number; last: number }[] = [];
  for (const range of [...ranges].sort((a, b) => a.first - b.first)) {
    const last = merged.at(-1);
    if (last && range.first <= last.last + 1) last.last = Math.max(last.last, range.last);
    else merged.push({ ...range });
  }
  return merged;
}

function hash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}
