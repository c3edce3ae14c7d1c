/** IPv4 addresses and ranges as numbers. */

export interface Cidr {
  /** The first address, whatever address of the range the text named. */
  readonly first: number;
  /** 0 to 32 */
  readonly bits: number;
  /** How many addresses it has. */
  readonly size: number;
}

/** Undefined for what is not a dotted quad without leading zeros. */
export function parseIPv4(text: string): number | undefined {
  const parts = text.split(".");
  if (parts.length !== 4) return undefined;
  let number = 0;
  for (const part of parts) {
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return undefined;
    number = number * 256 + Number(part);
  }
  return number;
}

export function formatIPv4(number: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join(".");
}

/** Undefined for what is not "address/bits" of IPv4. */
export function parseCidr(text: string): Cidr | undefined {
  const match = /^([\d.]+)\/(\d{1,2})$/.exec(text);
  const address = parseIPv4(match?.[1] ?? "");
  const bits = Number(match?.[2]);
  if (address === undefined || !(bits <= 32)) return undefined;
  const size = 2 ** (32 - bits);
  return { first: address - (address % size), bits, size };
}

export function formatCidr({ first, bits }: Pick<Cidr, "first" | "bits">): string {
  return `${formatIPv4(first)}/${bits}`;
}

export function cidrContains(cidr: Cidr, address: number): boolean {
  return address >= cidr.first && address < cidr.first + cidr.size;
}

export function cidrsOverlap(a: Cidr, b: Cidr): boolean {
  return a.first < b.first + b.size && b.first < a.first + a.size;
}
