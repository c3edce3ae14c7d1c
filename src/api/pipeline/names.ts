import { randomInt } from "node:crypto";

/** Without vowels and look-alikes, so that no word comes out (k8s.io/apimachinery/pkg/util/rand). */
const alphabet = "bcdfghjklmnpqrstvwxz2456789";
const suffixLength = 5;
const maxBase = 63 - suffixLength;

export function generateName(base: string): string {
  let name = base.slice(0, maxBase);
  for (let i = 0; i < suffixLength; i++) name += alphabet[randomInt(alphabet.length)];
  return name;
}
