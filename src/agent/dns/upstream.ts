/** Whom the host asks for names that are not the cluster's. */
import { readFile, stat } from "node:fs/promises";
import { isIP } from "node:net";
import type { Clock } from "../../machinery/clock.ts";

/** How long the file is taken to be the same without another look, in ms. */
const LOOK_INTERVAL = 5000;

export class UpstreamServers {
  readonly #file: string;
  readonly #clock: Clock;
  readonly #isOwn: (address: string) => boolean;
  #servers: readonly string[] = [];
  #modified: number | undefined;
  #looked = Number.NEGATIVE_INFINITY;

  /** `isOwn`: addresses of this very DNS, which a host that uses it names in its own file. */
  constructor(file: string, clock: Clock, isOwn: (address: string) => boolean) {
    this.#file = file;
    this.#clock = clock;
    this.#isOwn = isOwn;
  }

  /** In the order of the file; empty where there is none. A stub on the host's loopback is as good as any. */
  async servers(): Promise<readonly string[]> {
    const now = this.#clock.elapsed();
    if (now - this.#looked < LOOK_INTERVAL) return this.#servers;
    this.#looked = now;
    try {
      const { mtimeMs } = await stat(this.#file);
      if (mtimeMs !== this.#modified) {
        this.#servers = nameservers(await readFile(this.#file, "utf8")).filter((server) => !this.#isOwn(server));
        this.#modified = mtimeMs;
      }
    } catch {
      // A host without the file has no servers, and one that is being written is read the next time.
      this.#modified = undefined;
      this.#servers = [];
    }
    return this.#servers;
  }
}

function nameservers(text: string): string[] {
  return text.split("\n").flatMap((line) => {
    const address = /^\s*nameserver\s+(\S+)/.exec(line)?.[1];
    return address !== undefined && isIP(address.split("%")[0] ?? "") !== 0 ? [address] : [];
  });
}
