/**
 * What the bridge of the pods needs so that Services work within it. A pod that speaks to a Service speaks to the host,
 * which sends it on to another pod of the same bridge; the answer would go straight from pod to pod, and the client would
 * not know it. So the kernel is told to show bridged packets to its rules (br_netfilter, for this bridge alone), and each
 * port of the bridge may send back what came in by it, for a pod that reaches itself by its Service.
 */
import { spawn } from "node:child_process";
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import type { Logger } from "../../machinery/logger.ts";

export interface BridgeAbilities {
  /** False: this kernel has no br_netfilter; Services work, but pods of this node see the host as their client. */
  readonly bridgeFiltered: boolean;
  /** False: what listens on the host's loopback cannot be reached by pods. */
  readonly routesLoopback: boolean;
}

export class PodBridge {
  readonly #name: string;
  readonly #log: Logger;
  readonly #ports = new Set<string>();

  constructor(name: string, log: Logger) {
    this.#name = name;
    this.#log = log;
  }

  /** Undefined: there is no such interface in this network namespace; the engine runs somewhere else. */
  async prepare(): Promise<BridgeAbilities | undefined> {
    const settings = `/proc/sys/net/ipv4/conf/${this.#name}`;
    if (!(await exists(settings))) return undefined;
    return {
      routesLoopback: await this.#enable(
        `${settings}/route_localnet`,
        "pods cannot reach what listens on the loopback",
      ),
      bridgeFiltered:
        (await hasBridgeNetfilter()) &&
        (await this.#enable(
          `/sys/class/net/${this.#name}/bridge/nf_call_iptables`,
          "pods see the host as their client",
        )),
    };
  }

  /** Lets new ports send back what came in by them. Cheap where there is none. */
  async allowHairpin(): Promise<void> {
    const folder = `/sys/class/net/${this.#name}/brif`;
    const ports = await readdir(folder).catch((): string[] => []);
    for (const known of this.#ports) if (!ports.includes(known)) this.#ports.delete(known);
    for (const port of ports) {
      if (this.#ports.has(port)) continue;
      // A port may go as soon as it has been seen.
      const allowed = await this.#enable(`${folder}/${port}/hairpin_mode`, undefined);
      if (allowed) this.#ports.add(port);
    }
  }

  async #enable(file: string, otherwise: string | undefined): Promise<boolean> {
    try {
      if ((await readFile(file, "utf8")).trim() !== "1") await writeFile(file, "1");
      return true;
    } catch (error) {
      if (otherwise !== undefined) this.#log.warn({ err: error, file }, `cannot be set to 1: ${otherwise}`);
      return false;
    }
  }
}

async function hasBridgeNetfilter(): Promise<boolean> {
  const folder = "/proc/sys/net/bridge";
  if (await exists(folder)) return true;
  await new Promise<void>((resolve) => {
    const child = spawn("modprobe", ["br_netfilter"], { stdio: "ignore" });
    child.on("error", () => resolve());
    child.on("close", () => resolve());
  });
  return exists(folder);
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
