/** The ranges that a cluster CIDR is cut into, and which of them are given out. */
import { type Cidr, cidrsOverlap, formatCidr, parseCidr } from "../../machinery/net/cidr.ts";

export class CidrSet {
  readonly #cluster: Cidr;
  readonly #nodeSize: number;
  readonly #nodeBits: number;
  readonly #count: number;
  readonly #used = new Set<number>();
  /** Ranges go round, so that one that was given back rests for as long as possible. */
  #next = 0;

  /** Throws where the cluster CIDR is no IPv4 range, or narrower than a node's, or wider by more than 16 bits. */
  constructor(clusterCidr: string, nodeBits: number) {
    const cluster = parseCidr(clusterCidr);
    if (!cluster) throw new Error(`not an IPv4 range: ${clusterCidr}`);
    if (nodeBits < cluster.bits || nodeBits > 30 || nodeBits - cluster.bits > 16) {
      throw new Error(`nodes cannot have ranges of /${nodeBits} out of ${clusterCidr}`);
    }
    this.#cluster = cluster;
    this.#nodeBits = nodeBits;
    this.#nodeSize = 2 ** (32 - nodeBits);
    this.#count = cluster.size / this.#nodeSize;
  }

  /** Undefined: all are given out. */
  takeNext(): string | undefined {
    for (let tried = 0; tried < this.#count; tried++) {
      const index = (this.#next + tried) % this.#count;
      if (this.#used.has(index)) continue;
      this.#used.add(index);
      this.#next = (index + 1) % this.#count;
      return formatCidr({ first: this.#cluster.first + index * this.#nodeSize, bits: this.#nodeBits });
    }
    return undefined;
  }

  /** All that have an address in common with it. What lies outside of the cluster's range is nobody's here. */
  occupy(cidr: string): void {
    for (const index of this.#indexes(cidr)) this.#used.add(index);
  }

  release(cidr: string): void {
    for (const index of this.#indexes(cidr)) this.#used.delete(index);
  }

  *#indexes(text: string): Iterable<number> {
    const cidr = parseCidr(text);
    if (!cidr || !cidrsOverlap(cidr, this.#cluster)) return;
    const first = Math.max(0, Math.floor((cidr.first - this.#cluster.first) / this.#nodeSize));
    const end = (cidr.first + cidr.size - this.#cluster.first) / this.#nodeSize;
    for (let index = first; index < Math.min(this.#count, end); index++) yield index;
  }
}
