/** Ciphers for values in the store, as kube-apiserver's providers of the same names (k8s.io/apiserver/pkg/storage/value/encrypt). */
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";

export interface Key {
  readonly name: string;
  readonly secret: Buffer;
}

export interface Cipher {
  readonly provider: "aesgcm" | "aescbc";
  readonly key: Key;
  /** `bound`: what the value belongs to; of another place it cannot be read (aescbc does not know it). */
  encrypt(plain: Uint8Array, bound: string): Buffer;
  /** Throws for what was changed, or is of another key. */
  decrypt(sealed: Uint8Array, bound: string): Buffer;
}

const nonceSize = 12;
const tagSize = 16;
const blockSize = 16;

export function aesGcm(key: Key): Cipher {
  const name = `aes-${key.secret.length * 8}-gcm` as "aes-256-gcm";
  return {
    provider: "aesgcm",
    key,
    encrypt(plain, bound) {
      const nonce = randomBytes(nonceSize);
      const cipher = createCipheriv(name, key.secret, nonce);
      cipher.setAAD(Buffer.from(bound));
      const sealed = [nonce, cipher.update(plain), cipher.final()];
      return Buffer.concat([...sealed, cipher.getAuthTag()]);
    },
    decrypt(sealed, bound) {
      const end = sealed.length - tagSize;
      const decipher = createDecipheriv(name, key.secret, sealed.subarray(0, nonceSize), { authTagLength: tagSize });
      decipher.setAAD(Buffer.from(bound));
      decipher.setAuthTag(sealed.subarray(end));
      return Buffer.concat([decipher.update(sealed.subarray(nonceSize, end)), decipher.final()]);
    },
  };
}

export function aesCbc(key: Key): Cipher {
  const name = `aes-${key.secret.length * 8}-cbc`;
  return {
    provider: "aescbc",
    key,
    encrypt(plain) {
      const start = randomBytes(blockSize);
      const cipher = createCipheriv(name, key.secret, start);
      return Buffer.concat([start, cipher.update(plain), cipher.final()]);
    },
    decrypt(sealed) {
      const decipher = createDecipheriv(name, key.secret, sealed.subarray(0, blockSize));
      return Buffer.concat([decipher.update(sealed.subarray(blockSize)), decipher.final()]);
    },
  };
}
