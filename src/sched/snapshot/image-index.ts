import type { Node } from "../../machinery/types/core/v1.ts";

export interface ImageState {
  /** Bytes. */
  readonly size: number;
  /** Of the nodes that have it. */
  readonly slots: Set<number>;
}

/** Which nodes have which image already, and how big it is. */
export class ImageIndex {
  readonly #images = new Map<string, ImageState>();
  #epoch = 0;

  /** Another number whenever an answer may have changed. */
  get epoch(): number {
    return this.#epoch;
  }

  /** Good until the epoch changes; undefined where no node has the image. */
  get(name: string): ImageState | undefined {
    return this.#images.get(name);
  }

  update(slot: number, node: Node | undefined, old: Node | undefined): void {
    const names = namesOf(node);
    const before = namesOf(old);
    if (names.size === before.size && [...names].every(([name, size]) => before.get(name) === size)) return;
    this.#epoch++;
    for (const name of before.keys()) {
      const image = this.#images.get(name);
      if (image?.slots.delete(slot) && image.slots.size === 0) this.#images.delete(name);
    }
    for (const [name, size] of names) {
      const slots = this.#images.get(name)?.slots ?? new Set<number>();
      this.#images.set(name, { size, slots: slots.add(slot) });
    }
  }
}

function namesOf(node: Node | undefined): Map<string, number> {
  const names = new Map<string, number>();
  for (const image of node?.status?.images ?? []) {
    for (const name of image.names ?? []) names.set(name, image.sizeBytes ?? 0);
  }
  return names;
}
