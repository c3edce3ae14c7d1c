/** What the kernel would do with a packet, by the rules' own words. Throws on a word that it does not know. */
import type { PolicyState } from "../../../../src/agent/net/policy/policy-rules.ts";

export interface Packet {
  readonly fromIp: string;
  readonly toIp: string;
  readonly protocol: "tcp" | "udp" | "sctp";
  readonly port: number;
}

export function passes(state: PolicyState, direction: "ingress" | "egress", packet: Packet): boolean {
  const profile = state[direction].get(direction === "ingress" ? packet.toIp : packet.fromIp);
  for (const rule of profile?.rules ?? []) {
    const verdict = evaluate(state, rule, packet);
    if (verdict) return verdict === "return";
  }
  return true;
}

function evaluate(state: PolicyState, rule: string, packet: Packet): "return" | "drop" | undefined {
  let rest = rule;
  const take = (pattern: RegExp): string[] | undefined => {
    const match = pattern.exec(rest);
    if (match) rest = rest.slice(match[0].length);
    return match ? [...match] : undefined;
  };
  const has = (set: string, element: string): boolean => {
    const found = state.sets.get(set);
    if (!found) throw new Error(`no set ${set}`);
    return found.elements.includes(element);
  };
  while (rest !== "") {
    let match: string[] | undefined;
    let holds: boolean;
    if (take(/^(?:return|drop)$/)) return rule.endsWith("return") ? "return" : "drop";
    match = take(/^ip daddr \. th dport @(\S+) /);
    if (match) holds = has(match[1] ?? "", `${packet.toIp} . ${packet.port}`);
    else {
      match = take(/^ip (saddr|daddr) (!= )?(\S+) /);
      const ip = match?.[1] === "saddr" ? packet.fromIp : packet.toIp;
      if (match) {
        const [, , not, what = ""] = match;
        holds = (what.startsWith("@") ? has(what.slice(1), ip) : within(ip, what)) !== (not !== undefined);
      } else {
        match = take(/^meta l4proto (\S+) /);
        if (match) holds = match[1] === packet.protocol;
        else {
          match = take(/^(\S+) dport \{ ([^}]*) \} /);
          if (!match) throw new Error(`not understood: ${rest}`);
          holds = match[1] === packet.protocol && (match[2] ?? "").split(", ").some((one) => inRange(packet.port, one));
        }
      }
    }
    if (!holds) return undefined;
  }
  throw new Error(`no verdict: ${rule}`);
}

function inRange(port: number, range: string): boolean {
  const [first = 0, last = first] = range.split("-").map(Number);
  return port >= first && port <= last;
}

function within(ip: string, cidr: string): boolean {
  const [network = "", length = "32"] = cidr.split("/");
  const number = (address: string) => address.split(".").reduce((sum, octet) => sum * 256 + Number(octet), 0);
  const size = 2 ** (32 - Number(length));
  if (number(network) % size !== 0) throw new Error(`bits beyond the prefix: ${cidr}`);
  return number(ip) >= number(network) && number(ip) < number(network) + size;
}
