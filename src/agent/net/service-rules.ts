/**
 * The rules of one Service, as kube-proxy has them in nftables mode but for one thing: endpoints have no chains of their
 * own where nobody sticks to them. A load of five thousand Services is then five thousand rules and not fifty thousand.
 */
import type { Service } from "../../machinery/types/core/v1.ts";
import type { EndpointSlice } from "../../machinery/types/discovery/v1.ts";
import { type Target, type Targets, targetsOf } from "./endpoints.ts";
import { type Fragment, FragmentBuilder } from "./fragment.ts";
import { type Family, type ServicePort, servicePorts } from "./service-ports.ts";

export interface RulesContext {
  readonly family: Family;
  readonly nodeName: string;
  /** Of this node; absent: not known. */
  readonly zone?: string;
  /** The interface of this node's pods. */
  readonly podInterface: string;
}

/** The chains of the table's skeleton that Services' rules go to. */
export const markChain = "mark-for-masquerade";
export const rejectChain = "reject-new";

export function serviceRules(service: Service, slices: readonly EndpointSlice[], context: RulesContext): Fragment {
  const fragment = new FragmentBuilder();
  for (const port of servicePorts(service, context.family)) {
    const targets = targetsOf(port, slices, context.family, context);
    for (const address of port.clusterIPs) fragment.put("cluster-ips", address);
    for (const { address, local } of targets.cluster) if (local) fragment.put("hairpin", `${address} . ${address}`);
    addPort(fragment, port, targets, context);
  }
  return fragment;
}

function addPort(fragment: FragmentBuilder, port: ServicePort, targets: Targets, context: RulesContext): void {
  const { id } = port;
  const internal = port.internalLocal ? targets.local : targets.cluster;
  const external = port.externalLocal ? targets.local : targets.cluster;
  const hasExternal = port.nodePort !== undefined || port.externalIPs.length > 0 || port.loadBalancerIPs.length > 0;
  const any = targets.cluster.length > 0;
  const all = `svc/${id}`;
  const local = `local/${id}`;
  // The host's own clients and pods reach all endpoints whatever the policy for external traffic is.
  if (any && (!port.internalLocal || hasExternal)) balance(fragment, all, port, targets.cluster, context);
  const localInUse = port.internalLocal || (port.externalLocal && hasExternal);
  if (localInUse && targets.local.length > 0) balance(fragment, local, port, targets.local, context);

  // What stays addressed to a cluster IP is refused by the skeleton; only what is to be dropped needs a word.
  for (const address of port.clusterIPs) {
    const key = elementKey(address, port);
    if (internal.length > 0) fragment.put("service-ips", key, `goto ${port.internalLocal ? local : all}`);
    else if (any) fragment.put("no-endpoints", key, "drop");
  }
  if (!hasExternal) return;
  const entry = `ext/${id}`;
  if (any) fragment.chains.set(entry, externalRules(port, all, external.length > 0 ? local : undefined, context));
  const missing = any ? "drop" : `goto ${rejectChain}`;
  const unanswered = external.length === 0;
  for (const address of [...port.externalIPs, ...port.loadBalancerIPs]) {
    const key = elementKey(address, port);
    if (any) fragment.put("service-ips", key, `goto ${entry}`);
    if (unanswered) fragment.put("no-endpoints", key, missing);
  }
  if (port.sourceRanges.length > 0 && port.loadBalancerIPs.length > 0) {
    const gate = `fw/${id}`;
    fragment.chains.set(gate, [`${context.family} saddr != { ${withoutOverlap(port.sourceRanges).join(", ")} } drop`]);
    for (const address of port.loadBalancerIPs) fragment.put("firewall", elementKey(address, port), `goto ${gate}`);
  }
  if (port.nodePort !== undefined) {
    const key = `${port.protocol} . ${port.nodePort}`;
    if (any) fragment.put("node-ports", key, `goto ${entry}`);
    if (unanswered) fragment.put("no-endpoint-node-ports", key, missing);
  }
}

function elementKey(address: string, { protocol, port }: ServicePort): string {
  return `${address} . ${protocol} . ${port}`;
}

/**
 * Traffic from outside. With the policy Cluster it is masqueraded, since the answer must come back over this node; with
 * Local the client's address is kept, and only what begins on this node may go to others.
 */
function externalRules(
  { externalLocal }: ServicePort,
  all: string,
  local: string | undefined,
  { podInterface }: RulesContext,
): string[] {
  if (!externalLocal) return [`jump ${markChain}`, `goto ${all}`];
  return [
    `iifname "${podInterface}" goto ${all}`,
    `fib saddr type local jump ${markChain}`,
    `fib saddr type local goto ${all}`,
    ...(local ? [`goto ${local}`] : []),
  ];
}

/** Fills `chain` with an equal share for each target. */
function balance(
  fragment: FragmentBuilder,
  chain: string,
  port: ServicePort,
  targets: readonly Target[],
  context: RulesContext,
): void {
  if (port.affinitySeconds !== undefined) {
    balanceWithAffinity(fragment, chain, port, port.affinitySeconds, targets, context);
    return;
  }
  fragment.chains.set(chain, [`meta l4proto ${port.protocol} dnat ${context.family} to ${shared(targets)}`]);
}

function shared(targets: readonly Target[]): string {
  const [only] = targets;
  if (only && targets.length === 1) return socketAddress(only);
  const shares = targets.map(({ address, port }, index) => `${index} : ${address} . ${port}`);
  return `numgen random mod ${targets.length} map { ${shares.join(", ")} }`;
}

function balanceWithAffinity(
  fragment: FragmentBuilder,
  chain: string,
  port: ServicePort,
  seconds: number,
  targets: readonly Target[],
  { family }: RulesContext,
): void {
  const own = targets.map((target) => {
    // A colon cannot be in a name.
    const id = `${port.id}/${target.address.replaceAll(":", "-")}/${target.port}`;
    const clients = `clients/${id}/${seconds}`;
    fragment.affinity.set(clients, seconds);
    fragment.chains.set(`ep/${id}`, [
      `update @${clients} { ${family} saddr }`,
      `meta l4proto ${port.protocol} dnat ${family} to ${socketAddress(target)}`,
    ]);
    return { clients, chain: `ep/${id}` };
  });
  const shares = own.map((endpoint, index) => `${index} : goto ${endpoint.chain}`);
  fragment.chains.set(chain, [
    ...own.map((endpoint) => `${family} saddr @${endpoint.clients} goto ${endpoint.chain}`),
    `numgen random mod ${own.length} vmap { ${shares.join(", ")} }`,
  ]);
}

function socketAddress({ address, port }: Target): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

/** nft refuses ranges that overlap: of two that name the same addresses the first stays, and a wider one stands for all in it. */
function withoutOverlap(ranges: readonly string[]): string[] {
  return ranges.filter(
    (range, index) =>
      !ranges.some(
        (other, place) => place !== index && prefixHolds(other, range) && (place < index || !prefixHolds(range, other)),
      ),
  );
}

function prefixHolds(outer: string, inner: string): boolean {
  if (outer.includes(":")) return outer === inner;
  const [outerBase = "", outerBits = "32"] = outer.split("/");
  const [innerBase = "", innerBits = "32"] = inner.split("/");
  if (Number(outerBits) > Number(innerBits)) return false;
  const hosts = 2 ** (32 - Number(outerBits));
  return Math.floor(numberOf(outerBase) / hosts) === Math.floor(numberOf(innerBase) / hosts);
}

function numberOf(address: string): number {
  return address.split(".").reduce((number, octet) => number * 256 + Number(octet), 0);
}
