/** Two hosts on one wire, each with a pod on its bridge, made of network namespaces: real packets through the overlay. */
import { execFileSync, spawn } from "node:child_process";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createFirewall } from "../../../../src/agent/net/firewall.ts";
import { createNft } from "../../../../src/agent/net/nft.ts";
import { createOverlayKernel } from "../../../../src/agent/net/overlay/kernel.ts";
import { Overlay } from "../../../../src/agent/net/overlay/overlay.ts";
import type { OverlayWish } from "../../../../src/agent/net/overlay/types.ts";
import { overlayDevice, removeNodeNetwork } from "../../../../src/agent/net/removal.ts";
import { RuleSet } from "../../../../src/agent/net/ruleset.ts";
import { tableText } from "../../../../src/agent/net/table.ts";
import { systemClock } from "../../../../src/machinery/clock.ts";
import { silentLogger } from "../../../../src/machinery/logger.ts";
import { describeNetwork, namespaceName } from "../network-gate.ts";

interface Host {
  readonly host: string;
  readonly pod: string;
  readonly bridge: string;
  readonly address: string;
  readonly podCidr: string;
  readonly podAddress: string;
  readonly overlay: Overlay;
}

const wire = namespaceName();
const servers: ReturnType<typeof spawn>[] = [];
const hosts: Host[] = [1, 2].map((number) => {
  const host = namespaceName();
  const inside = ["ip", "netns", "exec", host] as const;
  const kernel = createOverlayKernel([...inside, "ip"], [...inside, "bridge"]);
  return {
    host,
    pod: namespaceName(),
    bridge: `kl-${host.slice(-8)}`,
    address: `192.0.2.${number}`,
    podCidr: `10.42.${number}.0/24`,
    podAddress: `10.42.${number}.2`,
    overlay: new Overlay({ kernel, clock: systemClock, log: silentLogger }),
  };
});
const [one, two] = hosts as [Host, Host];

function inside(namespace: string, ...command: string[]): string {
  const options = { encoding: "utf8", timeout: 10_000, stdio: "pipe" } as const;
  return execFileSync("ip", ["netns", "exec", namespace, ...command], options);
}

const wishOf = (self: Host, kind: OverlayWish["kind"], alone = false): OverlayWish => ({
  kind,
  device: overlayDevice(self.bridge),
  vxlanId: 4711,
  clusterCidr: "10.42.0.0/16",
  address: self.address,
  podCidr: self.podCidr,
  mtu: 1450,
  peers: alone
    ? []
    : hosts.filter((other) => other !== self).map(({ host, address, podCidr }) => ({ name: host, address, podCidr })),
});

function serve(namespace: string): void {
  const program = `require("node:net").createServer((socket) => socket.on("error", () => 0).end(socket.remoteAddress)).listen(8080)`;
  servers.push(spawn("ip", ["netns", "exec", namespace, process.execPath, "-e", program], { stdio: "inherit" }));
}

/** The address that the server saw, or why there was no answer. */
function ask(from: string, address: string): string {
  try {
    return inside(from, "busybox", "nc", "-w", "1", address, "8080").trim().replace("::ffff:", "") || "no answer";
  } catch {
    return "no answer";
  }
}

describeNetwork("two hosts", () => {
  beforeAll(async () => {
    for (const name of [wire, ...hosts.flatMap(({ host, pod }) => [host, pod])]) {
      execFileSync("ip", ["netns", "add", name]);
      inside(name, "ip", "link", "set", "lo", "up");
    }
    inside(wire, "ip", "link", "add", "br0", "type", "bridge");
    inside(wire, "ip", "link", "set", "br0", "up");
    for (const [index, { host, pod, bridge, address, podCidr, podAddress }] of hosts.entries()) {
      inside(wire, "ip", "link", "add", `h${index}`, "type", "veth", "peer", "name", "eth0", "netns", host);
      inside(wire, "ip", "link", "set", `h${index}`, "master", "br0", "up");
      inside(host, "ip", "addr", "add", `${address}/24`, "dev", "eth0");
      inside(host, "ip", "link", "set", "eth0", "up");
      inside(host, "ip", "link", "add", bridge, "type", "bridge");
      inside(host, "ip", "addr", "add", podCidr.replace("0/24", "1/24"), "dev", bridge);
      inside(host, "ip", "link", "set", bridge, "up");
      inside(host, "ip", "link", "add", "pod", "type", "veth", "peer", "name", "eth0", "netns", pod);
      inside(host, "ip", "link", "set", "pod", "master", bridge, "up");
      inside(host, "sysctl", "-qw", "net.ipv4.ip_forward=1");
      inside(pod, "ip", "addr", "add", `${podAddress}/24`, "dev", "eth0");
      inside(pod, "ip", "link", "set", "eth0", "mtu", "1450", "up");
      inside(pod, "ip", "route", "add", "default", "via", podCidr.replace("0/24", "1"));
      // As on a host with Docker: what is forwarded is dropped but for what is known.
      inside(host, "iptables", "-P", "FORWARD", "DROP");
      inside(host, "iptables", "-N", "DOCKER-USER");
      inside(host, "iptables", "-A", "FORWARD", "-j", "DOCKER-USER");
      const table = {
        family: "ip",
        name: bridge,
        podInterface: bridge,
        podCidr,
        clusterCidr: "10.42.0.0/16",
        bridgeFiltered: false,
        routesLoopback: false,
      } as const;
      const rules = tableText(table, new RuleSet().takeAll());
      await createNft(["ip", "netns", "exec", host, "nft"]).apply(rules);
      serve(pod);
    }
    serve(wire);
    inside(wire, "ip", "addr", "add", "192.0.2.250/24", "dev", "br0");
  }, 60_000);
  afterAll(async () => {
    for (const server of servers) server.kill();
    await Promise.all(hosts.map(({ overlay }) => overlay.stop()));
    for (const name of [wire, ...hosts.flatMap(({ host, pod }) => [host, pod])]) {
      execFileSync("ip", ["netns", "del", name]);
    }
  });

  test.each(["vxlan", "host-routes"] as const)(
    "%s: pods see each other's addresses, and the world sees the host's",
    { timeout: 30_000 },
    async (kind) => {
      for (const self of hosts) {
        await self.overlay.set(wishOf(self, kind));
        const run = ["ip", "netns", "exec", self.host] as const;
        const wish = { bridge: self.bridge, clusterCidr: "10.42.0.0/16", overlayPort: 8472, answers: [] };
        const firewall = createFirewall([...run, "iptables"], [...run, "iptables-restore"]);
        await firewall.allow(wish);
        await firewall.allow(wish);
        expect(inside(self.host, "iptables", "-S", "DOCKER-USER").match(/KL-FORWARD/g)).toHaveLength(1);
      }
      await expect.poll(() => ask(one.pod, two.podAddress), { timeout: 10_000 }).toBe(one.podAddress);
      expect(ask(two.pod, one.podAddress)).toBe(two.podAddress);
      // A host without the bridge's address asks with the one it has in the overlay.
      expect(ask(one.host, two.podAddress)).toBe(kind === "vxlan" ? "10.42.1.0" : one.address);
      expect(ask(one.pod, "192.0.2.250")).toBe(one.address);
      // As large as a packet of a pod may be: 20 bytes of IP and 8 of ICMP come on top.
      expect(inside(one.pod, "busybox", "ping", "-c", "1", "-W", "2", "-s", "1422", two.podAddress)).toContain(
        "1 packets received",
      );
      expect(inside(one.host, "ip", "-d", "link").includes("vxlan id 4711")).toBe(kind === "vxlan");
    },
  );

  test("what somebody takes away comes back; what is not there any more goes", { timeout: 30_000 }, async () => {
    await one.overlay.set(wishOf(one, "vxlan"));
    await two.overlay.set(wishOf(two, "vxlan"));
    inside(one.host, "ip", "route", "del", two.podCidr);
    inside(two.host, "ip", "link", "del", overlayDevice(two.bridge));
    expect(ask(one.pod, two.podAddress)).toBe("no answer");
    await one.overlay.set(wishOf(one, "vxlan"));
    await two.overlay.set(wishOf(two, "vxlan"));
    expect(ask(one.pod, two.podAddress)).toBe(one.podAddress);
    await one.overlay.set(wishOf(one, "vxlan", true));
    expect(inside(one.host, "ip", "route")).not.toContain(two.podCidr);
    expect(inside(one.host, "ip", "-d", "link")).not.toContain("vxlan");
  });

  test("removal leaves nothing of ours", { timeout: 30_000 }, async () => {
    const before = inside(two.host, "ip", "route", "show", "proto", "107");
    expect(before).toContain(one.podCidr);
    await removeNodeNetwork(two.bridge, ["ip", "netns", "exec", two.host]);
    expect(inside(two.host, "nft", "list", "tables")).not.toContain(two.bridge);
    expect(inside(two.host, "ip", "route", "show", "proto", "107")).toBe("");
    expect(inside(two.host, "ip", "-d", "link")).not.toContain("vxlan");
    expect(inside(two.host, "iptables", "-S")).not.toContain("KL-");
    await removeNodeNetwork(two.bridge, ["ip", "netns", "exec", two.host]);
  });
});
