/**
 * Addresses that nothing answers on, but no two share: each simulated node has 10.128.0.0/9 cut into a /24 of its own, and an
 * address in 100.64.0.0/10. Enough for 32,768 nodes.
 */
export const maxSimulatedNodes = 32_768;

export function nodeAddress(index: number): string {
  const number = index + 1;
  return `100.${64 + (number >> 16)}.${(number >> 8) & 255}.${number & 255}`;
}

export class PodAddresses {
  readonly #prefix: string;
  readonly #used = new Set<string>();
  #next = 0;

  constructor(nodeIndex: number) {
    this.#prefix = `10.${128 + (nodeIndex >> 8)}.${nodeIndex & 255}.`;
  }

  /** Goes round, so that an address is not given again at once. Throws when all 253 are taken. */
  take(): string {
    for (let tries = 0; tries < 253; tries++) {
      const address = `${this.#prefix}${2 + (this.#next++ % 253)}`;
      if (this.#used.has(address)) continue;
      this.#used.add(address);
      return address;
    }
    throw new Error(`no pod address is left in ${this.#prefix}0/24`);
  }

  /** An address that a pod has from before a restart. */
  keep(address: string): void {
    this.#used.add(address);
  }

  give(address: string): void {
    this.#used.delete(address);
  }
}
