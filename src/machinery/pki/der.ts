/** Just as much of DER (X.690) as certificate requests need: strict reading, and writing. */

/** The input is no DER, or not the structure that was expected; the texts are those of Go's encoding/asn1. */
export class DerError extends Error {
  override name = "DerError";
}

export const tag = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectIdentifier: 0x06,
  utf8String: 0x0c,
  sequence: 0x30,
  set: 0x31,
} as const;

export interface Element {
  /** The identifier octet, class and constructed bit included. */
  readonly tag: number;
  readonly content: Buffer;
  /** Header and content. */
  readonly whole: Buffer;
}

/** The one element that `bytes` are; nothing may follow it. */
export function readElement(bytes: Buffer): Element {
  const element = elementAt(bytes, 0);
  if (element.whole.length < bytes.length) throw new DerError("asn1: syntax error: trailing data");
  return element;
}

/** The elements that stand one after the other, as in a SEQUENCE's content. */
export function readElements(content: Buffer): Element[] {
  const elements: Element[] = [];
  for (let at = 0; at < content.length; ) {
    const element = elementAt(content, at);
    elements.push(element);
    at += element.whole.length;
  }
  return elements;
}

function elementAt(bytes: Buffer, at: number): Element {
  const first = bytes[at];
  const length = bytes[at + 1];
  if (first === undefined || length === undefined) throw new DerError("asn1: syntax error: data truncated");
  if ((first & 0x1f) === 0x1f) throw new DerError("asn1: syntax error: tag number too large");
  const { start, size } = length < 0x80 ? { start: at + 2, size: length } : longLength(bytes, at + 1);
  if (start + size > bytes.length) throw new DerError("asn1: syntax error: data truncated");
  return {
    tag: first,
    content: bytes.subarray(start, start + size),
    whole: bytes.subarray(at, start + size),
  };
}

/** At most three octets of length: nothing that is read here is as large as 16 MiB. */
function longLength(bytes: Buffer, at: number): { start: number; size: number } {
  const octets = (bytes[at] ?? 0) & 0x7f;
  if (octets === 0) throw new DerError("asn1: syntax error: indefinite length found (not DER)");
  if (octets > 3) throw new DerError("asn1: structure error: length too large");
  if (at + octets >= bytes.length) throw new DerError("asn1: syntax error: truncated tag or length");
  const size = bytes.readUIntBE(at + 1, octets);
  if (size < 0x80 || size < 2 ** (8 * (octets - 1))) {
    throw new DerError("asn1: structure error: non-minimal length");
  }
  return { start: at + 1 + octets, size };
}

/** Throws where there is no element, or one of another tag. */
export function expectTag(element: Element | undefined, wanted: number): Element {
  if (element === undefined) throw new DerError("asn1: syntax error: sequence truncated");
  if (element.tag !== wanted) throw new DerError("asn1: structure error: tags don't match");
  return element;
}

/** "2.5.4.3" */
export function readObjectIdentifier(element: Element | undefined): string {
  const { content } = expectTag(element, tag.objectIdentifier);
  const numbers: number[] = [];
  let number = 0;
  for (const octet of content) {
    if (number > Number.MAX_SAFE_INTEGER / 256) throw new DerError("asn1: structure error: base 128 integer too large");
    number = number * 128 + (octet & 0x7f);
    if (octet & 0x80) continue;
    if (numbers.length === 0) {
      const first = Math.min(2, Math.floor(number / 40));
      numbers.push(first, number - first * 40);
    } else numbers.push(number);
    number = 0;
  }
  const last = content.at(-1);
  if (last === undefined || last & 0x80) throw new DerError("asn1: syntax error: invalid object identifier");
  return numbers.join(".");
}

export function writeElement(tagOctet: number, ...contents: readonly Buffer[]): Buffer {
  const size = contents.reduce((sum, { length }) => sum + length, 0);
  return Buffer.concat([Buffer.from([tagOctet, ...lengthOctets(size)]), ...contents]);
}

function lengthOctets(size: number): number[] {
  if (size < 0x80) return [size];
  const octets: number[] = [];
  for (let rest = size; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256);
  return [0x80 | octets.length, ...octets];
}

export function writeObjectIdentifier(text: string): Buffer {
  const [first = 0, second = 0, ...more] = text.split(".").map(Number);
  const octets = [first * 40 + second, ...more].flatMap((number) => {
    const digits = [number % 128];
    for (let rest = Math.floor(number / 128); rest > 0; rest = Math.floor(rest / 128)) {
      digits.unshift((rest % 128) | 0x80);
    }
    return digits;
  });
  return writeElement(tag.objectIdentifier, Buffer.from(octets));
}
