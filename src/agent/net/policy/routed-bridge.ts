/**
 * Where the kernel does not show bridged packets to the rules (no br_netfilter), pods of one bridge are kept from speaking to
 * each other directly: their ports are isolated, and the host answers for all of them when one looks for another (proxy ARP of
 * private VLANs, RFC 3069). So their packets are routed, and judged like all others.
 */
import { readdir, readFile, writeFile } from "node:fs/promises";

export interface RoutedBridge {
  /** To be called before a new pod starts. Rejects where the kernel refuses. */
  takeIn(): Promise<void>;
}

/** `write`: for tests, in another network namespace; "1" or "0" into a file below /proc/sys or /sys, unless it says so already. */
export function createRoutedBridge(
  bridge: string,
  ports: () => Promise<readonly string[]> = () => readdir(`/sys/class/net/${bridge}/brif`),
  write: (file: string, value: string) => Promise<void> = writeChanged,
): RoutedBridge {
  const isolated = new Set<string>();
  let prepared: Promise<void> | undefined;
  const prepare = async (): Promise<void> => {
    const settings = `/proc/sys/net/ipv4/conf/${bridge}`;
    await write(`${settings}/proxy_arp_pvlan`, "1");
    // The way by the host is the only one: nobody is to be told of a shorter one.
    await write(`${settings}/send_redirects`, "0");
  };
  return {
    async takeIn() {
      prepared ??= prepare().catch((error: unknown) => {
        prepared = undefined;
        throw error;
      });
      await prepared;
      const present = await ports();
      for (const port of isolated) if (!present.includes(port)) isolated.delete(port);
      for (const port of present) {
        if (isolated.has(port)) continue;
        try {
          await write(`/sys/class/net/${bridge}/brif/${port}/isolated`, "1");
          isolated.add(port);
        } catch (error) {
          // A port may go as soon as it has been seen.
          if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
        }
      }
    },
  };
}

async function writeChanged(file: string, value: string): Promise<void> {
  if ((await readFile(file, "utf8")).trim() !== value) await writeFile(file, value);
}
