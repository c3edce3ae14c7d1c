/**
 * An encrypted value in the store: `k8s:enc:aesgcm:v1:KEY:SLOT:REVISION:` and then what is sealed. The revision stands in the
 * clear, since the store writes it after the value was sealed; the slot says where in the plain value it belongs.
 */
import type { Template } from "../../store/types.ts";
import type { Cipher } from "./providers.ts";

const mark = "k8s:enc:";
const firstByte = 0x6b;
const colon = 0x3a;

export function isSealed(value: Uint8Array): boolean {
  return value[0] === firstByte && Buffer.from(value.subarray(0, mark.length)).toString("latin1") === mark;
}

export function seal({ bytes, slot }: Template, cipher: Cipher, bound: string): Template {
  const head = Buffer.from(`${mark}${cipher.provider}:v1:${cipher.key.name}:${slot}:`);
  const sealed = cipher.encrypt(bytes, bound);
  return { bytes: Buffer.concat([head, Buffer.from([colon]), sealed]), slot: head.length };
}

export interface Opened {
  /** The plain value, its revision in its place. */
  readonly value: Buffer;
  /** The same as it was before it had one. */
  readonly template: Template;
  readonly cipher: Cipher;
}

/** Throws where none of the ciphers has the key, or the value is not what was sealed. */
export function open(value: Buffer, ciphers: readonly Cipher[], bound: string): Opened {
  const { provider, key, slot, revision, sealed } = headOf(value);
  const cipher = ciphers.find((known) => known.provider === provider && known.key.name === key);
  if (cipher === undefined) throw new Error(`no key "${key}" of ${provider} to read ${bound} with`);
  const bytes = cipher.decrypt(sealed, bound);
  return { value: stamped(bytes, slot, revision), template: { bytes, slot }, cipher };
}

export function stamped(bytes: Uint8Array, slot: number, revision: string): Buffer {
  return Buffer.concat([bytes.subarray(0, slot), Buffer.from(revision, "latin1"), bytes.subarray(slot)]);
}

/** "aesgcm:key-1": what a value is sealed with. */
export function sealOf(value: Buffer): string | undefined {
  if (!isSealed(value)) return undefined;
  const { provider, key } = headOf(value);
  return `${provider}:${key}`;
}

function headOf(value: Buffer) {
  let at = mark.length;
  const next = (): string => {
    const end = value.indexOf(colon, at);
    const text = value.toString("latin1", at, end < 0 ? at : end);
    at = (end < 0 ? value.length : end) + 1;
    return text;
  };
  const provider = next();
  next();
  const key = next();
  const slot = Number(next());
  const revision = next();
  return { provider, key, slot, revision, sealed: value.subarray(at) };
}
