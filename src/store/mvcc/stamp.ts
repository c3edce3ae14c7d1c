import type { Revision } from "../types.ts";

/** How many decimal digits a revision takes. */
export function digits(revision: Revision): number {
  return String(revision).length;
}

/** A copy of a stamped value with another revision in its place. */
export function restamp(value: Buffer, slot: number, from: Revision, to: Revision): Buffer {
  return Buffer.concat([
    value.subarray(0, slot),
    Buffer.from(String(to), "latin1"),
    value.subarray(slot + digits(from)),
  ]);
}
