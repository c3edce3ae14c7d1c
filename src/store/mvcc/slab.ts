import type { Revision, Template } from "../types.ts";
import type { Row } from "./row.ts";
import { digits } from "./stamp.ts";

/**
 * One ArrayBuffer for many values: a collector that meets a hundred thousand small ones stops for a quarter of a second,
 * with slabs for a hundredth. The price is that one living value keeps its whole slab, so slabs that are mostly dead are
 * evacuated.
 */
export interface Slab {
  readonly bytes: Buffer;
  used: number;
  /** Bytes of the values that the index still holds. */
  live: number;
  /** What was ever kept here; the dead are recognised by `row.slab` and the index. */
  rows: Row[];
  full: boolean;
}

const slabSize = 256 * 1024;
/** A value beyond this would waste too much of a slab's end. */
const ownMemoryFrom = slabSize / 8;
/** Below this share of living bytes a slab is evacuated: a store never holds more than about the inverse of it. */
const evacuateBelow = 0.5;

export class Slabs {
  #current: Slab = newSlab(Buffer.allocUnsafeSlow(slabSize));
  #settling: Slab | undefined;
  readonly #isLive: (row: Row) => boolean;

  /** `isLive`: whether the index still holds this very row. */
  constructor(isLive: (row: Row) => boolean) {
    this.#isLive = isLive;
  }

  /** The template's bytes with the revision in their hole. */
  stamp(template: Template, revision: Revision): { value: Buffer; slab: Slab | undefined } {
    const { bytes, slot } = template;
    if (!(slot >= 0 && slot <= bytes.length)) throw new RangeError(`slot ${slot} outside of ${bytes.length} bytes`);
    return this.#fill(bytes, slot, slot, revision);
  }

  /** A stamped value with another revision in its place. */
  restamp(row: Row, revision: Revision): { value: Buffer; slab: Slab | undefined } {
    return this.#fill(row.value, row.slot, row.slot + digits(row.modRevision), revision);
  }

  /** Memory that came filled (from the log at start) becomes a slab. */
  adopt(bytes: Buffer): Slab {
    const slab = newSlab(bytes);
    slab.used = bytes.length;
    slab.full = true;
    return slab;
  }

  /** The row has entered the index. */
  keep(row: Row): void {
    if (!row.slab) return;
    row.slab.live += row.value.length;
    row.slab.rows.push(row);
  }

  /** The row has left the index. */
  drop(row: Row): void {
    const slab = row.slab;
    if (!slab) return;
    slab.live -= row.value.length;
    if (slab.full) this.#evacuateIfSparse(slab);
  }

  #evacuateIfSparse(slab: Slab): void {
    if (slab.live >= slab.bytes.length * evacuateBelow) return;
    const rows = slab.rows;
    slab.rows = [];
    for (const row of rows) {
      if (row.slab !== slab || !this.#isLive(row)) continue;
      const moved = this.#room(row.value.length);
      row.value.copy(moved.value);
      row.value = moved.value;
      row.slab = moved.slab;
      this.keep(row);
    }
    slab.live = 0;
  }

  #fill(bytes: Uint8Array, start: number, end: number, revision: Revision): { value: Buffer; slab: Slab | undefined } {
    const stamp = String(revision);
    const room = this.#room(bytes.length - (end - start) + stamp.length);
    const { value } = room;
    value.set(start === bytes.length ? bytes : bytes.subarray(0, start), 0);
    value.write(stamp, start, "latin1");
    if (end < bytes.length) value.set(bytes.subarray(end), start + stamp.length);
    return room;
  }

  #room(length: number): { value: Buffer; slab: Slab | undefined } {
    if (length >= ownMemoryFrom) return { value: Buffer.allocUnsafeSlow(length), slab: undefined };
    const slab = this.#current;
    if (slab.used + length > slab.bytes.length) {
      slab.full = true;
      this.#current = newSlab(Buffer.allocUnsafeSlow(slabSize));
      // Looked at one slab later, when the writes in it have been committed and the index holds them.
      const settled = this.#settling;
      this.#settling = slab;
      if (settled) this.#evacuateIfSparse(settled);
      return this.#room(length);
    }
    const value = slab.bytes.subarray(slab.used, slab.used + length);
    slab.used += length;
    return { value, slab };
  }
}

function newSlab(bytes: Buffer): Slab {
  return { bytes, used: 0, live: 0, rows: [], full: false };
}
