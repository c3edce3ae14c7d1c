/** Bytes from a pod to one of another node against a VXLAN made by hand from the one namespace straight to the other. */
import type { Host } from "../../test/e2e/hosts/host.ts";
import { median } from "../kl-process.ts";
import { ports } from "./commands.ts";
import type { BenchPod } from "./pods.ts";

const rounds = 15;
const slice = 1000;
const addresses = ["198.19.77.1", "198.19.77.2"] as const;

export async function againstVxlan(from: BenchPod, to: BenchPod): Promise<void> {
  const mtu = await mtuOf(from);
  await Promise.all([byHand(from, to.host, addresses[0], mtu), byHand(to, from.host, addresses[1], mtu)]);
  for (const streams of [1, 4]) {
    const rate = async (address: string): Promise<number> => {
      const load = { kind: "bytes", address, port: ports.bytes, streams, ms: slice } as const;
      return ((await from.station.do(load)) * 8) / 1e6 / slice;
    };
    await rate(to.ip);
    await rate(addresses[1]);
    const pairs: { pods: number; hand: number }[] = [];
    for (let round = 0; round < rounds; round++) {
      if (round % 2 === 0) pairs.push({ pods: await rate(to.ip), hand: await rate(addresses[1]) });
      else {
        const hand = await rate(addresses[1]);
        pairs.push({ pods: await rate(to.ip), hand });
      }
    }
    const ratio = median(pairs.map(({ pods, hand }) => pods / hand));
    const [pods, hand] = [median(pairs.map((pair) => pair.pods)), median(pairs.map((pair) => pair.hand))];
    const rates = `${pods.toFixed(2)} Gbit/s between pods, ${hand.toFixed(2)} by hand`;
    console.log(`across nodes, MTU ${mtu}, ${streams} streams: ${rates}, ratio ${ratio.toFixed(3)}`);
  }
}

/** The device's packets go out of the host, where it was made; the pod has the device itself, and no bridge between. */
async function byHand({ host, pid }: BenchPod, other: Host, address: string, mtu: number): Promise<void> {
  const ends = `local ${host.address} remote ${other.address}`;
  const make = `ip link add by-hand mtu ${mtu} type vxlan id 77 dstport 4789 ${ends}`;
  const inPod = `nsenter --target ${pid} --net ip`;
  const move = `ip link set by-hand netns ${pid}`;
  const up = `${inPod} addr add ${address}/24 dev by-hand && ${inPod} link set by-hand up`;
  await host.must("sh", ["-c", `${make} && ${move} && ${up}`]);
}

async function mtuOf({ host, pid }: BenchPod): Promise<number> {
  const shown = await host.must("nsenter", ["--target", String(pid), "--net", "ip", "link", "show", "eth0"]);
  return Number(/mtu (\d+)/.exec(shown)?.[1]);
}
