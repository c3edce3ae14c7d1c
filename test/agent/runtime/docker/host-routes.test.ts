import { expect, test } from "vitest";
import { connectedRoutes, hostRoutes } from "../../../../src/agent/runtime/docker/host-routes.ts";

const header = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT";
const route = (name: string, destination: string, gateway: string, mask: string) =>
  `${name}\t${destination}\t${gateway}\t0001\t0\t0\t0\t${mask}\t0\t0\t0   `;

test("connected ranges by interface, without what lies behind a gateway", () => {
  const text = [
    header,
    route("eth0", "00000000", "010200C0", "00000000"),
    route("kl-18dd3c774b", "00002A0A", "00000000", "00FFFFFF"),
    route("eth0", "00012A0A", "020200C0", "00FFFFFF"),
    route("tun0", "0000000A", "00000000", "000000FF"),
    "",
  ].join("\n");
  expect(connectedRoutes(text)).toEqual([
    { interface: "kl-18dd3c774b", first: (10 << 24) + (42 << 16), bits: 24, size: 256 },
    { interface: "tun0", first: 10 << 24, bits: 8, size: 2 ** 24 },
  ]);
});

test("a host without the kernel's table has none", async () => {
  expect(await hostRoutes("/nowhere/route")).toEqual([]);
});
