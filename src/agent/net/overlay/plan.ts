/**
 * What is to be done so that the kernel is as the list of nodes wants it. Nothing is learned from packets: a node's MAC
 * follows from its range, so that the list says all there is to know, and no node answers for another.
 */
import { type Cidr, cidrsOverlap, formatIPv4, parseCidr } from "../../../machinery/net/cidr.ts";
import type { OverlayPlan, OverlayState, OverlayWish, Peer, Route } from "./types.ts";

/** IANA's is 4789; Linux' own, flannel's and Calico's is this one. */
export const VXLAN_PORT = 8472;
/** Outer Ethernet, IP, UDP and VXLAN headers. */
export const VXLAN_OVERHEAD = 50;
/** In `ip route`'s "proto": whose route it is. */
export const ROUTE_PROTOCOL = 107;

/** "0a:6b:0a:2a:01:00" of "10.42.1.0/24": locally administered. */
export function vtepMac(podCidr: string): string {
  const { first = 0 } = parseCidr(podCidr) ?? {};
  const octets = [0x0a, 0x6b, ...formatIPv4(first).split(".").map(Number)];
  return octets.map((octet) => octet.toString(16).padStart(2, "0")).join(":");
}

/** The node's own address in the overlay: the first of its range, which no pod has. */
export function vtepAddress(podCidr: string): string {
  return formatIPv4(parseCidr(podCidr)?.first ?? 0);
}

/**
 * The nodes whose pods can be reached: with a range within the cluster's that overlaps neither this node's nor that of
 * another, the first by name being right.
 */
export function reachablePeers(peers: readonly Peer[], clusterCidr: string, ownCidr: string): Peer[] {
  const cluster = parseCidr(clusterCidr);
  const own = parseCidr(ownCidr);
  const taken: Cidr[] = own ? [own] : [];
  return [...peers]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .filter(({ podCidr }) => {
      const range = parseCidr(podCidr);
      if (!range || !cluster || !contains(cluster, range) || taken.some((other) => cidrsOverlap(other, range)))
        return false;
      taken.push(range);
      return true;
    });
}

function contains(outer: Cidr, inner: Cidr): boolean {
  return inner.first >= outer.first && inner.first + inner.size <= outer.first + outer.size;
}

export function overlayPlan(wish: OverlayWish, state: OverlayState): OverlayPlan {
  const peers = reachablePeers(wish.peers, wish.clusterCidr, wish.podCidr);
  return wish.kind === "vxlan" ? vxlanPlan(wish, peers, state) : routesPlan(wish, peers, state);
}

function routesPlan({ device }: OverlayWish, peers: readonly Peer[], state: OverlayState): OverlayPlan {
  const wanted = peers.map(({ address, podCidr }): Route => ({ to: podCidr, via: address }));
  const left = state.device ? [`link del ${device}`] : [];
  return {
    ip: [...left, ...routeChanges(wanted, state.device ? withoutDevice(state, device) : state.routes)],
    bridge: [],
  };
}

/** They go with the device. */
function withoutDevice({ routes }: OverlayState, device: string): Route[] {
  return routes.filter((route) => route.device !== device);
}

function vxlanPlan(wish: OverlayWish, peers: readonly Peer[], before: OverlayState): OverlayPlan {
  const { device, podCidr, address, vxlanId, mtu } = wish;
  if (peers.length === 0) {
    const own = before.device ? [`link del ${device}`] : [];
    return { ip: [...own, ...routeChanges([], withoutDevice(before, device))], bridge: [] };
  }
  const mac = vtepMac(podCidr);
  const fits =
    before.device?.vxlanId === vxlanId && before.device.port === VXLAN_PORT && before.device.local === address;
  const state: OverlayState = fits
    ? before
    : { routes: withoutDevice(before, device), neighbours: new Map(), forwarding: new Map() };
  const ip: string[] = [];
  if (!fits) {
    if (before.device) ip.push(`link del ${device}`);
    ip.push(`link add ${device} type vxlan id ${vxlanId} dstport ${VXLAN_PORT} local ${address} nolearning`);
    // Without IPv6 in it, the device has no business with multicast.
    ip.push(`link set ${device} addrgenmode none`);
  }
  if (state.device?.mac !== mac) ip.push(`link set ${device} address ${mac}`);
  if (state.device?.mtu !== mtu) ip.push(`link set ${device} mtu ${mtu}`);
  if (!state.device?.up) ip.push(`link set ${device} up`);
  const own = `${vtepAddress(podCidr)}/32`;
  for (const other of state.device?.addresses ?? []) if (other !== own) ip.push(`addr del ${other} dev ${device}`);
  if (!state.device?.addresses.includes(own)) ip.push(`addr add ${own} dev ${device}`);

  const neighbours = new Map(peers.map((peer) => [vtepAddress(peer.podCidr), vtepMac(peer.podCidr)]));
  for (const known of state.neighbours.keys()) if (!neighbours.has(known)) ip.push(`neigh del ${known} dev ${device}`);
  for (const [next, hardware] of neighbours) {
    if (state.neighbours.get(next) !== hardware) {
      ip.push(`neigh replace ${next} lladdr ${hardware} dev ${device} nud permanent`);
    }
  }
  const routes = peers.map((peer): Route => ({ to: peer.podCidr, via: vtepAddress(peer.podCidr), device }));
  ip.push(...routeChanges(routes, state.routes));

  const forwarding = new Map(peers.map((peer) => [vtepMac(peer.podCidr), peer.address]));
  const bridge: string[] = [];
  for (const [hardware, host] of state.forwarding) {
    if (!forwarding.has(hardware)) bridge.push(`fdb del ${hardware} dev ${device} dst ${host}`);
  }
  for (const [hardware, host] of forwarding) {
    if (state.forwarding.get(hardware) !== host) bridge.push(`fdb replace ${hardware} dev ${device} dst ${host}`);
  }
  return { ip, bridge };
}

function routeChanges(wanted: readonly Route[], present: readonly Route[]): string[] {
  const same = (a: Route) => (b: Route) => a.to === b.to && a.via === b.via && a.device === b.device;
  const lines: string[] = [];
  for (const route of present) {
    if (!wanted.some(({ to }) => to === route.to)) lines.push(`route del ${route.to} proto ${ROUTE_PROTOCOL}`);
  }
  for (const route of wanted) {
    if (present.some(same(route))) continue;
    const way = route.device === undefined ? "" : ` dev ${route.device} onlink`;
    lines.push(`route replace ${route.to} via ${route.via}${way} proto ${ROUTE_PROTOCOL}`);
  }
  return lines;
}
