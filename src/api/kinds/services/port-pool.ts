import { randomInt } from "node:crypto";

/** Node ports. TCP and UDP may share a number, as in Kubernetes, within one Service. */
export class PortPool {
  readonly #first: number;
  readonly #last: number;
  readonly #used = new Set<number>();
  /** The low part is for ports that somebody asks for by number. */
  readonly #reserved: number;

  constructor(first = 30_000, last = 32_767) {
    this.#first = first;
    this.#last = last;
    const size = last - first + 1;
    this.#reserved = Math.min(Math.max(16, Math.floor(size / 32)), 128);
  }

  get range(): string {
    return `${this.#first}-${this.#last}`;
  }

  contains(port: number): boolean {
    return port >= this.#first && port <= this.#last;
  }

  take(port: number): boolean {
    if (this.#used.has(port)) return false;
    this.#used.add(port);
    return true;
  }

  takeNext(): number | undefined {
    return this.#search(this.#first + this.#reserved, this.#last) ?? this.#search(this.#first, this.#last);
  }

  release(port: number): void {
    this.#used.delete(port);
  }

  #search(first: number, last: number): number | undefined {
    const size = last - first + 1;
    const start = randomInt(size);
    for (let i = 0; i < size; i++) {
      const port = first + ((start + i) % size);
      if (this.#used.has(port)) continue;
      this.#used.add(port);
      return port;
    }
    return undefined;
  }
}
