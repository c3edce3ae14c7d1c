import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { overlayPlan, reachablePeers, vtepAddress, vtepMac } from "../../../../src/agent/net/overlay/plan.ts";
import type { OverlayState, OverlayWish, Peer } from "../../../../src/agent/net/overlay/types.ts";

const peer = (name: string, address: string, podCidr: string): Peer => ({ name, address, podCidr });
const empty: OverlayState = { routes: [], neighbours: new Map(), forwarding: new Map() };
const wish = (peers: readonly Peer[], kind: OverlayWish["kind"] = "vxlan"): OverlayWish => ({
  kind,
  device: "klv-1",
  vxlanId: 77,
  clusterCidr: "10.42.0.0/16",
  address: "192.0.2.1",
  podCidr: "10.42.0.0/24",
  mtu: 1450,
  peers,
});
const two = peer("n2", "192.0.2.2", "10.42.1.0/24");

/** The state that a plan leads to. */
function leadsTo(state: OverlayState, wanted: OverlayWish): OverlayState {
  const { ip, bridge } = overlayPlan(wanted, state);
  let { device } = state;
  let routes = [...state.routes];
  let neighbours = new Map(state.neighbours);
  let forwarding = new Map(state.forwarding);
  for (const line of [...ip, ...bridge]) {
    const [what, verb, third = "", ...rest] = line.split(" ");
    const value = (name: string): string => rest[rest.indexOf(name) + 1] ?? "";
    if (what === "link" && verb === "del") {
      device = undefined;
      routes = routes.filter((route) => route.device === undefined);
      neighbours = new Map();
      forwarding = new Map();
    } else if (what === "link" && verb === "add") {
      const [vxlanId, port] = [Number(value("id")), Number(value("dstport"))];
      device = { vxlanId, port, local: value("local"), mac: "", mtu: 1500, up: false, addresses: [] };
    } else if (what === "link" && device) {
      if (rest.includes("address")) device = { ...device, mac: value("address") };
      if (rest.includes("mtu")) device = { ...device, mtu: Number(value("mtu")) };
      if (rest.includes("up")) device = { ...device, up: true };
    } else if (what === "addr" && device) {
      const others = device.addresses.filter((address) => address !== third);
      device = { ...device, addresses: verb === "add" ? [...others, third] : others };
    } else if (what === "neigh") {
      if (verb === "del") neighbours.delete(third);
      else neighbours.set(third, value("lladdr"));
    } else if (what === "fdb") {
      if (verb === "del") forwarding.delete(third);
      else forwarding.set(third, value("dst"));
    } else if (what === "route") {
      routes = routes.filter(({ to }) => to !== third);
      const through = rest.includes("dev") ? { device: value("dev") } : {};
      if (verb === "replace") routes.push({ to: third, via: value("via"), ...through });
    }
  }
  return { ...(device ? { device } : {}), routes, neighbours, forwarding };
}

describe("the overlay's plan", () => {
  test("makes the device and the way to one node, and then has nothing to do", () => {
    const plan = overlayPlan(wish([two]), empty);
    expect(plan).toEqual({
      ip: [
        "link add klv-1 type vxlan id 77 dstport 8472 local 192.0.2.1 nolearning",
        "link set klv-1 addrgenmode none",
        "link set klv-1 address 0a:6b:0a:2a:00:00",
        "link set klv-1 mtu 1450",
        "link set klv-1 up",
        "addr add 10.42.0.0/32 dev klv-1",
        "neigh replace 10.42.1.0 lladdr 0a:6b:0a:2a:01:00 dev klv-1 nud permanent",
        "route replace 10.42.1.0/24 via 10.42.1.0 dev klv-1 onlink proto 107",
      ],
      bridge: ["fdb replace 0a:6b:0a:2a:01:00 dev klv-1 dst 192.0.2.2"],
    });
    expect(overlayPlan(wish([two]), leadsTo(empty, wish([two])))).toEqual({ ip: [], bridge: [] });
  });

  test("alone in the cluster a node has no device", () => {
    expect(overlayPlan(wish([]), empty)).toEqual({ ip: [], bridge: [] });
    expect(overlayPlan(wish([]), leadsTo(empty, wish([two])))).toEqual({ ip: ["link del klv-1"], bridge: [] });
  });

  test("a node that moved gets a new forwarding entry and nothing else", () => {
    const moved = { ...two, address: "192.0.2.9" };
    expect(overlayPlan(wish([moved]), leadsTo(empty, wish([two])))).toEqual({
      ip: [],
      bridge: ["fdb replace 0a:6b:0a:2a:01:00 dev klv-1 dst 192.0.2.9"],
    });
  });

  test("with plain routes there is no device, and one that was there goes", () => {
    expect(overlayPlan(wish([two], "host-routes"), leadsTo(empty, wish([two])))).toEqual({
      ip: ["link del klv-1", "route replace 10.42.1.0/24 via 192.0.2.2 proto 107"],
      bridge: [],
    });
  });

  test("ranges outside of the cluster's and those of somebody else are not believed", () => {
    const peers = [
      two,
      peer("n3", "192.0.2.3", "10.42.1.128/25"),
      peer("n4", "192.0.2.4", "0.0.0.0/0"),
      peer("n5", "192.0.2.5", "10.42.0.0/25"),
      peer("n6", "192.0.2.6", "nonsense"),
    ];
    expect(reachablePeers(peers, "10.42.0.0/16", "10.42.0.0/24")).toEqual([two]);
  });

  test("from any list of nodes to any other it leads where it would lead from nothing", () => {
    const lists = fc.uniqueArray(
      fc.record({
        name: fc.constantFrom("a", "b", "c", "d", "e"),
        host: fc.integer({ min: 2, max: 9 }),
        range: fc.integer({ min: 0, max: 6 }),
      }),
      { selector: ({ name }) => name, maxLength: 5 },
    );
    const kinds = fc.constantFrom("vxlan" as const, "host-routes" as const);
    const wishes = fc.tuple(lists, kinds).map(([nodes, kind]) =>
      wish(
        nodes.map(({ name, host, range }) => peer(name, `192.0.2.${host}`, `10.42.${range}.0/24`)),
        kind,
      ),
    );
    const sorted = ({ device, routes, neighbours, forwarding }: OverlayState) => ({
      device,
      routes: [...routes].sort((a, b) => (a.to < b.to ? -1 : 1)),
      neighbours: [...neighbours].sort(),
      forwarding: [...forwarding].sort(),
    });
    fc.assert(
      fc.property(wishes, wishes, (first, second) => {
        const there = leadsTo(leadsTo(empty, first), second);
        expect(sorted(there)).toEqual(sorted(leadsTo(empty, second)));
        expect(overlayPlan(second, there)).toEqual({ ip: [], bridge: [] });
      }),
    );
  });

  test("MAC and address follow from the range", () => {
    expect([vtepMac("10.42.17.0/24"), vtepAddress("10.42.17.0/24")]).toEqual(["0a:6b:0a:2a:11:00", "10.42.17.0"]);
  });
});
