import { randomInt } from "node:crypto";

/** IPv4 addresses of a CIDR, by number. The network's and the broadcast address are never given out. */
export class AddressPool {
  readonly cidr: string;
  readonly #first: number;
  readonly #size: number;
  readonly #used = new Set<number>();
  readonly #reserved: number;

  /** Throws for what is not an IPv4 CIDR of at most /30. */
  constructor(cidr: string) {
    const match = /^(\d+\.\d+\.\d+\.\d+)\/(\d+)$/.exec(cidr);
    const base = match ? parseAddress(match[1] ?? "") : undefined;
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
    return formatAddress(this.#first + n - 1);
  }

  contains(address: string): boolean {
    const number = parseAddress(address);
    return number !== undefined && number >= this.#first && number < this.#first + this.#size;
  }

  /** False: somebody has it. */
  take(address: string): boolean {
    const number = parseAddress(address);
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
    const number = parseAddress(address);
    if (number !== undefined) this.#used.delete(number);
  }

  #search(first: number, size: number): string | undefined {
    if (size <= 0) return undefined;
    const start = randomInt(size);
    for (let i = 0; i < size; i++) {
      const number = first + ((start + i) % size);
      if (this.#used.has(number)) continue;
      this.#used.add(number);
      return formatAddress(number);
    }
    return undefined;
  }
}

function parseAddress(text: string): number | undefined {
  const parts = text.split(".");
  if (parts.length !== 4) return undefined;
  let number = 0;
  for (const part of parts) {
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return undefined;
    number = number * 256 + Number(part);
  }
  return number;
}

function formatAddress(number: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join(".");
}
