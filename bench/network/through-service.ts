/** Requests through a cluster IP against the same ones straight to the pod, in turns. */
import { median } from "../kl-process.ts";
import { type Command, ports } from "./commands.ts";
import type { BenchPod } from "./pods.ts";

const rounds = 15;
const slice = 700;
const clients = 16;

const load = { port: ports.requests, clients, ms: slice } as const;
const loads = {
  "HTTP, kept connections": (address: string): Command => ({ kind: "requests", keepAlive: true, address, ...load }),
  "HTTP, a connection each": (address: string): Command => ({ kind: "requests", keepAlive: false, address, ...load }),
  "a byte and its echo": (address: string): Command => ({
    kind: "round-trips",
    address,
    ...load,
    port: ports.roundTrips,
  }),
};

export async function throughService(from: BenchPod, to: BenchPod, where: string): Promise<void> {
  for (const [what, command] of Object.entries(loads)) {
    const rate = async (address: string): Promise<number> => (await from.station.do(command(address))) / (slice / 1000);
    await rate(to.ip);
    await rate(to.clusterIP);
    const pairs: { straight: number; through: number }[] = [];
    for (let round = 0; round < rounds; round++) {
      // Each is the first of a pair as often as the second.
      if (round % 2 === 0) pairs.push({ straight: await rate(to.ip), through: await rate(to.clusterIP) });
      else {
        const through = await rate(to.clusterIP);
        pairs.push({ straight: await rate(to.ip), through });
      }
    }
    const of = (pick: (pair: (typeof pairs)[number]) => number): number => median(pairs.map(pick));
    const ratio = of(({ straight, through }) => through / straight);
    const rates = `${Math.round(of(({ through }) => through))} through, ${Math.round(of(({ straight }) => straight))} straight`;
    console.log(`per second, ${where}, ${what}: ${rates}, ratio ${ratio.toFixed(3)} (aim: 0.95 or more)`);
  }
}
