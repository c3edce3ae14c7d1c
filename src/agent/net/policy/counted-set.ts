/** A set of nft whose elements several pods may have put in, and what changed of it since changes were last taken. */
export class CountedSet {
  /** nft's words for the type of its elements. */
  readonly type: string;
  readonly #counts = new Map<string, number>();
  /** Elements touched since then, and whether they were in. */
  #before = new Map<string, boolean>();

  constructor(type: string) {
    this.type = type;
  }

  get elements(): readonly string[] {
    return [...this.#counts.keys()];
  }

  add(element: string): void {
    const count = this.#counts.get(element) ?? 0;
    if (count === 0) this.#touch(element, false);
    this.#counts.set(element, count + 1);
  }

  remove(element: string): void {
    const count = this.#counts.get(element) ?? 0;
    if (count > 1) this.#counts.set(element, count - 1);
    else if (this.#counts.delete(element)) this.#touch(element, true);
  }

  takeChanges(): { readonly added: readonly string[]; readonly removed: readonly string[] } {
    const added: string[] = [];
    const removed: string[] = [];
    for (const [element, before] of this.#before) {
      const now = this.#counts.has(element);
      if (now !== before) (now ? added : removed).push(element);
    }
    this.#before = new Map();
    return { added, removed };
  }

  #touch(element: string, before: boolean): void {
    if (!this.#before.has(element)) this.#before.set(element, before);
  }
}
