/** Machine code with labels: just enough for the two programs of the sandbox's image. */

/** A place in the code, or an x86-64 jump: its opcode, then the distance as one or four bytes. */
export type Piece =
  | readonly number[]
  | { readonly label: string }
  | { readonly opcode: readonly number[]; readonly to: string; readonly bytes: 1 | 4 };

export function assembleAmd64(pieces: readonly Piece[]): Uint8Array {
  const places = new Map<string, number>();
  let offset = 0;
  for (const piece of pieces) {
    if ("label" in piece) places.set(piece.label, offset);
    else offset += "opcode" in piece ? piece.opcode.length + piece.bytes : piece.length;
  }
  const code: number[] = [];
  for (const piece of pieces) {
    if ("opcode" in piece) {
      const end = code.length + piece.opcode.length + piece.bytes;
      const distance = placeOf(places, piece.to) - end;
      if (piece.bytes === 1 && (distance < -128 || distance > 127)) throw new Error(`${piece.to} is too far away`);
      code.push(...piece.opcode, ...littleEndian(distance, piece.bytes));
    } else if (!("label" in piece)) code.push(...piece);
  }
  return Uint8Array.from(code);
}

/** A word of arm64, a place, or a branch: its word, and where in it the distance (in words) stands. */
export type Word =
  | number
  | { readonly label: string }
  | { readonly branch: number; readonly to: string; readonly bits: 14 | 19 | 26 };

export function assembleArm64(words: readonly Word[]): Uint8Array {
  const places = new Map<string, number>();
  let index = 0;
  for (const word of words) {
    if (typeof word === "object" && "label" in word) places.set(word.label, index);
    else index++;
  }
  const code: number[] = [];
  for (const word of words) {
    if (typeof word === "number") code.push(word);
    else if ("branch" in word) {
      const distance = (placeOf(places, word.to) - code.length) & (2 ** word.bits - 1);
      code.push((word.branch | (word.bits === 26 ? distance : distance << 5)) >>> 0);
    }
  }
  return Uint8Array.from(code.flatMap((word) => littleEndian(word, 4)));
}

function placeOf(places: ReadonlyMap<string, number>, label: string): number {
  const place = places.get(label);
  if (place === undefined) throw new Error(`no label ${label}`);
  return place;
}

export function littleEndian(value: number, bytes: number): number[] {
  return Array.from({ length: bytes }, (_, index) => (value >>> (8 * index)) & 0xff);
}

/** movz Xregister, #value */
export function movz(register: number, value: number): number {
  return (0xd2800000 | (value << 5) | register) >>> 0;
}

/** mov x8, #number; svc #0 */
export function svc(number: number): [number, number] {
  return [movz(8, number), 0xd4000001];
}
