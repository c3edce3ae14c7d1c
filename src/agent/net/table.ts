/**
 * The table in nft's language. All of ours is in one table of one family, so that it is replaced in one transaction and
 * removed in one command, and nothing else on the host is touched.
 */
import { cidrsOverlap, parseCidr } from "../../machinery/net/cidr.ts";
import type { Container } from "./fragment.ts";
import type { Element, RuleChanges } from "./ruleset.ts";
import type { Family } from "./service-ports.ts";
import { markChain, rejectChain } from "./service-rules.ts";

export interface TableOptions {
  readonly family: Family;
  /** "kl-0123456789" */
  readonly name: string;
  /** The interface of this node's pods. */
  readonly podInterface: string;
  /** The addresses on it. */
  readonly podCidr: string;
  /** What is sent to these addresses keeps its sender: pods of all nodes know each other. */
  readonly clusterCidr: string;
  /** The kernel shows bridged packets to these rules (br_netfilter): answers within the bridge find their way back. */
  readonly bridgeFiltered: boolean;
  /** The pods' bridge routes to the host's loopback: node ports answer on it, and so may an API server that listens there. */
  readonly routesLoopback: boolean;
}

/** The bit that kube-proxy uses too. */
const MARK = "0x4000";
const WITHOUT_MARK = "0xffffbfff";

const sets: readonly Container[] = ["cluster-ips", "hairpin"];

/** Interfaces of the pods of all clusters on this host begin so. */
const podInterfaces = "kl-*";

export function removalText({ family, name }: Pick<TableOptions, "family" | "name">): string {
  // Deleting what is not there is an error, adding what is there is none.
  return `add table ${family} ${name}\ndelete table ${family} ${name}\n`;
}

/** The whole table anew, in one transaction: connections in between see the old one or the new one. */
export function tableText(options: TableOptions, all: RuleChanges): string {
  return `${removalText(options)}${skeleton(options)}${changesText(options, all)}`;
}

/**
 * Base chains stand a little before those of others at the same place. A cluster that shares the host is let alone: what
 * comes from its pods is not for our Services, though they have the same addresses.
 */
function skeleton(options: TableOptions): string {
  const { family, name, podInterface, bridgeFiltered, routesLoopback, podCidr, clusterCidr } = options;
  const address = family === "ip" ? "ipv4_addr" : "ipv6_addr";
  const loopback = family === "ip" ? "127.0.0.0/8" : "::1";
  const destination = `${family} daddr . meta l4proto . th dport`;
  const foreign = `iifname "${podInterfaces}" iifname != "${podInterface}"`;
  // Where answers within the bridge would pass by the host, it puts itself in between.
  const fromElsewhere = bridgeFiltered ? `iifname != "${podInterface}" ` : "";
  const toHost = `fib daddr type local ${routesLoopback ? "" : `${family} daddr != ${loopback} `}meta l4proto . th dport`;
  const refuse = `ct state new ${family} daddr @cluster-ips goto ${rejectChain}`;
  return `table ${family} ${name} {
  map service-ips { type ${address} . inet_proto . inet_service : verdict; }
  map node-ports { type inet_proto . inet_service : verdict; }
  map no-endpoints { type ${address} . inet_proto . inet_service : verdict; }
  map no-endpoint-node-ports { type inet_proto . inet_service : verdict; }
  map firewall { type ${address} . inet_proto . inet_service : verdict; }
  set cluster-ips { type ${address}; }
  set hairpin { type ${address} . ${address}; }

  chain ${markChain} {
    meta mark set meta mark or ${MARK}
  }
  chain ${rejectChain} {
    meta l4proto tcp reject with tcp reset
    reject
  }
  chain services {
    ${destination} vmap @service-ips
    ${toHost} vmap @node-ports
  }
  chain loopback-guard {
    type filter hook prerouting priority raw - 5; policy accept;
    iifname "${podInterface}" ${family} daddr ${loopback} drop
    iifname "${podInterface}" ${family} saddr ${loopback} drop
  }
  chain source-ranges {
    type filter hook prerouting priority dstnat - 10; policy accept;
    ct state new ${destination} vmap @firewall
  }
  chain nat-prerouting {
    type nat hook prerouting priority dstnat - 5; policy accept;
    ${foreign} return
    ${fromElsewhere}${family} daddr @cluster-ips jump ${markChain}
    goto services
  }
  chain nat-output {
    type nat hook output priority -105; policy accept;
    ${family} daddr @cluster-ips jump ${markChain}
    goto services
  }
  chain nat-postrouting {
    type nat hook postrouting priority srcnat - 5; policy accept;
    meta mark & ${MARK} == ${MARK} meta mark set meta mark & ${WITHOUT_MARK} masquerade fully-random
    ${family} saddr . ${family} daddr @hairpin masquerade fully-random
    ${family} saddr ${podCidr} ${family} daddr != { ${leftAlone(podCidr, clusterCidr).join(", ")} } oifname != "${podInterface}" masquerade fully-random
  }
  chain filter-forward {
    type filter hook forward priority filter - 5; policy accept;
    ${foreign} return
    ct state new ${destination} vmap @no-endpoints
    ${refuse}
  }
  chain filter-input {
    type filter hook input priority filter - 5; policy accept;
    ct state new ${destination} vmap @no-endpoints
    ct state new fib daddr type local meta l4proto . th dport vmap @no-endpoint-node-ports
  }
  chain filter-output {
    type filter hook output priority filter - 5; policy accept;
    ct state new ${destination} vmap @no-endpoints
    ct state new fib daddr type local meta l4proto . th dport vmap @no-endpoint-node-ports
    ${refuse}
  }
}
`;
}

/** Multicast, too, is not for the world outside. */
function leftAlone(podCidr: string, clusterCidr: string): string[] {
  const pods = parseCidr(podCidr);
  const cluster = parseCidr(clusterCidr);
  const within = pods && cluster && cidrsOverlap(pods, cluster);
  return [clusterCidr, "224.0.0.0/4", ...(within ? [] : [podCidr])];
}

/** What takes the table from before to after, in one transaction and in an order in which every name is there when used. */
export function changesText({ family, name }: Pick<TableOptions, "family" | "name">, changes: RuleChanges): string {
  const table = `${family} ${name}`;
  const address = family === "ip" ? "ipv4_addr" : "ipv6_addr";
  const lines: string[] = [];
  for (const [set, seconds] of changes.affinityAdded) {
    lines.push(`add set ${table} ${set} { type ${address}; flags dynamic,timeout; timeout ${seconds}s; }`);
  }
  for (const chain of changes.chainsAdded) lines.push(`add chain ${table} ${chain}`);
  const added = new Set(changes.chainsAdded);
  for (const [chain, rules] of changes.chainRules) {
    if (!added.has(chain)) lines.push(`flush chain ${table} ${chain}`);
    for (const rule of rules) lines.push(`add rule ${table} ${chain} ${rule}`);
  }
  for (const [container, elements] of byContainer(changes.elementsRemoved)) {
    lines.push(`delete element ${table} ${container} { ${elements.map(({ key }) => key).join(", ")} }`);
  }
  for (const [container, elements] of byContainer(changes.elementsAdded)) {
    const isSet = sets.includes(container);
    const entries = elements.map(({ key, verdict }) => (isSet ? key : `${key} : ${verdict}`));
    lines.push(`add element ${table} ${container} { ${entries.join(", ")} }`);
  }
  // All are emptied first: one may still lead to another.
  for (const chain of changes.chainsRemoved) lines.push(`flush chain ${table} ${chain}`);
  for (const chain of changes.chainsRemoved) lines.push(`delete chain ${table} ${chain}`);
  for (const set of changes.affinityRemoved) lines.push(`delete set ${table} ${set}`);
  return lines.length > 0 ? `${lines.join("\n")}\n` : "";
}

function byContainer(elements: readonly Element[]): Map<Container, Element[]> {
  const groups = new Map<Container, Element[]>();
  for (const element of elements) {
    const group = groups.get(element.container);
    if (group) group.push(element);
    else groups.set(element.container, [element]);
  }
  return groups;
}
