import { randomInt } from "node:crypto";
import { formatIPv4, parseIPv4 } from "../../../machinery/net/cidr.ts";

/** IPv4 addresses of a CIDR, by number. The network's and the broadcast address are never given out. */
export class AddressPool {
  readonly cidr: string;
  readonly #first: number;
  readonly #size: number;
  readonly #used: Set<number>;
  readonly #reserved: number;

  /** Throws for what is not an IPv4 CIDR of at most /30. `used`: shared by pools that may overlap. */
  constructor(cidr: string, used = new Set<number>()) {
    this.#used = used;
    const match = /^(\d+\.\d+\.\d+\.\d+)\/(\d+)$/.exec(cidr);
    const base = match ? parseIPv4(match[1] ?? "") : undefined;
    const bits = Number(match?.[2]);
    if (base === undefined || !(bits >= 8 && bits <= 30)) throw new Error(`not an IPv4 service range: ${cidr}`);
    this.cidr = cidr;
    const hosts = 2 ** (32 - bits);
    this.#first = base - (base % hosts) + 1;
    this.#size = hosts - 2;
    // As kube-apiserver: the low part is for addresses that somebody asks for by name, up to 256 of them.
    this.#reserved = Math.min(Math.max(16, Math.floor(this.#size / 16)), 256, Math.floor(this.#size / 2));
  }

  /** The n-th usable address, from 1. */
  at(n: number): string {
    return formatIPv4(this.#first + n - 1);
  }

  contains(address: string): boolean {
    const number = parseIPv4(address);
    return number !== undefined && number >= this.#first && number < this.#first + this.#size;
  }

  /** False: somebody has it. */
  take(address: string): boolean {
    const number = parseIPv4(address);
    if (number === undefined || this.#used.has(number)) return false;
    this.#used.add(number);
    return true;
  }

  /** A free one by chance, from the upper part first. undefined: the range is full. */
  takeNext(): string | undefined {
    const upper = this.#size - this.#reserved;
    return this.#search(this.#first + this.#reserved, upper) ?? this.#search(this.#first, this.#reserved);
  }

  release(address: string): void {
    const number = parseIPv4(address);
    if (number !== undefined) this.#used.delete(number);
  }

  #search(first: number, size: number): string | undefined {
    if (size <= 0) return undefined;
    const start = randomInt(size);
    for (let i = 0; i < size; i++) {
      const number = first + ((start + i) % size);
      if (this.#used.has(number)) continue;
      this.#used.add(number);
      return formatIPv4(number);
    }
    return undefined;
  }
}
