/**
 * The host's own firewall lets the pods' traffic pass. Docker drops what is forwarded but for what it knows, others drop
 * what comes in; a drop is the last word, whichever table says it, so an accept has to stand in theirs.
 */
import { type Command, type ProgramEnd, runProgram } from "./program.ts";

export interface FirewallWish {
  /** The pods' bridge. */
  readonly bridge: string;
  readonly clusterCidr: string;
  /** UDP port that other nodes send to; absent: there is no overlay. */
  readonly overlayPort?: number;
  /** The host's address on the bridge and where it answers pods, over UDP and TCP. */
  readonly answers: readonly { readonly address: string; readonly port: number }[];
}

export interface Firewall {
  /** Cheap where all is in place. Rejects with what iptables said. */
  allow(wish: FirewallWish): Promise<void>;
  /** Undoes it for that bridge. */
  remove(bridge: string): Promise<void>;
}

export class FirewallError extends Error {
  override name = "FirewallError";
}

/** Docker keeps what stands here when it starts anew, and looks into it first. */
const DOCKER_CHAIN = "DOCKER-USER";

interface Chains {
  readonly forward: string;
  readonly input: string;
}

/** At most 28 characters. */
function chainsOf(bridge: string): Chains {
  const id = bridge.replace(/^kl-/, "");
  return { forward: `KL-FORWARD-${id}`, input: `KL-INPUT-${id}` };
}

export function firewallRules({ bridge, clusterCidr, overlayPort, answers }: FirewallWish): string {
  const { forward, input } = chainsOf(bridge);
  return [
    "*filter",
    `:${forward} - [0:0]`,
    `:${input} - [0:0]`,
    `-A ${forward} -i ${bridge} -j ACCEPT`,
    `-A ${forward} -o ${bridge} -j ACCEPT`,
    `-A ${forward} -s ${clusterCidr} -j ACCEPT`,
    `-A ${forward} -d ${clusterCidr} -j ACCEPT`,
    ...(overlayPort === undefined ? [] : [`-A ${input} -p udp -m udp --dport ${overlayPort} -j ACCEPT`]),
    ...answers.flatMap(({ address, port }) =>
      ["udp", "tcp"].map(
        (protocol) =>
          `-A ${input} -d ${address}/32 -i ${bridge} -p ${protocol} -m ${protocol} --dport ${port} -j ACCEPT`,
      ),
    ),
    "COMMIT",
    "",
  ].join("\n");
}

/** `iptables`, `restore`: the programs iptables and iptables-restore. */
export function createFirewall(iptables: Command, restore: Command): Firewall {
  const ask = (...args: string[]): Promise<ProgramEnd> => runProgram(iptables, ["-w", "5", ...args]);
  const must = async (end: Promise<ProgramEnd>): Promise<ProgramEnd> => {
    const result = await end;
    if (result.code !== 0)
      throw new FirewallError(result.said.trim().split("\n")[0]?.slice(0, 300) ?? "iptables failed");
    return result;
  };
  let current = "";
  return {
    async allow(wish) {
      const text = firewallRules(wish);
      const { forward, input } = chainsOf(wish.bridge);
      const { out } = await must(ask("-S"));
      const lines = new Set(out.split("\n"));
      const whole = text.split("\n").every((line) => !line.startsWith("-A ") || lines.has(line));
      if (!whole || text !== current) await must(runProgram(restore, ["-w", "5", "--noflush"], text));
      current = text;
      const parent = lines.has(`-N ${DOCKER_CHAIN}`) ? DOCKER_CHAIN : "FORWARD";
      if (!lines.has(`-A ${parent} -j ${forward}`)) await must(ask("-I", parent, "1", "-j", forward));
      // A host that lets everything in is not to be seen with rules of ours.
      const guarded = lines.has("-P INPUT DROP") || [...lines].some((line) => line.startsWith("-A INPUT "));
      if (guarded && !lines.has(`-A INPUT -j ${input}`)) await must(ask("-I", "INPUT", "1", "-j", input));
    },
    async remove(bridge) {
      const { forward, input } = chainsOf(bridge);
      const { out } = await must(ask("-S"));
      for (const line of out.split("\n")) {
        const jump = /^-A (\S+) -j (\S+)$/.exec(line);
        if (jump?.[1] && (jump[2] === forward || jump[2] === input)) await must(ask("-D", jump[1], "-j", jump[2]));
      }
      for (const chain of [forward, input]) {
        if (!out.includes(`-N ${chain}\n`)) continue;
        await must(ask("-F", chain));
        await must(ask("-X", chain));
      }
    },
  };
}
