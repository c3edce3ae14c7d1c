import { type Coordinates, textOf } from "./graph.ts";

/** The owners last found missing, so that a thousand dependents cost one look. A uid never comes back. */
export class AbsentOwners {
  readonly #limit: number;
  readonly #keys = new Set<string>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(at: Coordinates, uid: string): void {
    const key = `${uid} ${textOf(at)}`;
    this.#keys.delete(key);
    this.#keys.add(key);
    if (this.#keys.size <= this.#limit) return;
    for (const oldest of this.#keys) {
      this.#keys.delete(oldest);
      return;
    }
  }

  has(at: Coordinates, uid: string): boolean {
    return this.#keys.has(`${uid} ${textOf(at)}`);
  }
}
