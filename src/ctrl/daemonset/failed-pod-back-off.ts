import type { Clock } from "../../machinery/clock.ts";

const first = 1000;
const longest = 15 * 60 * 1000;

/** How long a node's failed pod stays before it is replaced: from a second to a quarter of an hour, as kube-controller-manager's. */
export class FailedPodBackOff {
  readonly #clock: Clock;
  readonly #entries = new Map<string, { readonly delay: number; readonly at: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** In ms; 0: now. */
  waitFor(set: string, node: string): number {
    const entry = this.#entries.get(`${set} ${node}`);
    return entry ? Math.max(0, entry.at + entry.delay - this.#clock.elapsed()) : 0;
  }

  /** A failed pod is replaced: its successor will have to wait longer, unless it has held out long enough. */
  failed(set: string, node: string): void {
    const key = `${set} ${node}`;
    const entry = this.#entries.get(key);
    const now = this.#clock.elapsed();
    const fresh = !entry || now - entry.at > 2 * longest;
    this.#entries.set(key, { delay: fresh ? first : Math.min(longest, entry.delay * 2), at: now });
  }

  forget(set: string): void {
    for (const key of this.#entries.keys()) if (key.startsWith(`${set} `)) this.#entries.delete(key);
  }
}
