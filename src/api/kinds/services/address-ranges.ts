/**
 * All ServiceCIDRs together. An address that lies in two of them is still one address: what is used is known in one place,
 * and is decided in one turn, so that no two Services can have it.
 */
import { parseCidr } from "../../../machinery/net/cidr.ts";
import { AddressPool } from "./address-pool.ts";

interface Range {
  readonly pool: AddressPool;
  /** Names of the ServiceCIDRs that have it. */
  readonly holders: Set<string>;
  /** Those of them that are being deleted. */
  readonly leaving: Set<string>;
}

export class AddressRanges {
  readonly #used = new Set<number>();
  readonly #default: AddressPool;
  /** By CIDR; in the order in which they came. */
  readonly #ranges = new Map<string, Range>();

  /** Usable at once, whether or not there are ServiceCIDRs yet. */
  constructor(defaultCidr: string) {
    this.#default = new AddressPool(defaultCidr, this.#used);
  }

  /** The n-th usable address of the default range, from 1. */
  at(n: number): string {
    return this.#default.at(n);
  }

  /** IPv6 ranges are not given addresses from. */
  addRange(holder: string, cidr: string): void {
    const { bits = 0 } = parseCidr(cidr) ?? {};
    if (bits < 8 || bits > 30) return;
    const range = this.#ranges.get(cidr);
    if (range) range.holders.add(holder);
    else {
      const pool = new AddressPool(cidr, this.#used);
      this.#ranges.set(cidr, { pool, holders: new Set([holder]), leaving: new Set() });
    }
  }

  /** Nothing more is given from it on this ServiceCIDR's account. */
  closeRange(holder: string, cidr: string): void {
    this.#ranges.get(cidr)?.leaving.add(holder);
  }

  removeRange(holder: string, cidr: string): void {
    const range = this.#ranges.get(cidr);
    range?.holders.delete(holder);
    range?.leaving.delete(holder);
    if (range?.holders.size === 0) this.#ranges.delete(cidr);
  }

  contains(address: string): boolean {
    return this.#open().some((pool) => pool.contains(address));
  }

  /** False: somebody has it. */
  take(address: string): boolean {
    return this.#default.take(address);
  }

  /** undefined: all ranges are full. */
  takeNext(): string | undefined {
    for (const pool of this.#open()) {
      const address = pool.takeNext();
      if (address !== undefined) return address;
    }
    return undefined;
  }

  release(address: string): void {
    this.#default.release(address);
  }

  #open(): AddressPool[] {
    if (this.#ranges.size === 0) return [this.#default];
    return [...this.#ranges.values()]
      .filter(({ holders, leaving }) => holders.size > leaving.size)
      .map(({ pool }) => pool);
  }
}
