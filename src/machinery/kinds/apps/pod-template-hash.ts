import { createHash } from "node:crypto";
import type { PodTemplateSpec } from "../../types/core/v1.ts";

/** Letters and digits that make no words: no vowels, nothing that is mistaken for another. As k8s.io/apimachinery/pkg/util/rand. */
const alphabet = "bcdfghjklmnpqrstvwxz2456789";

/** Each character of a decimal number, made safe for a name: "1234" becomes "dfgh"-like text of the same length. */
export function safeEncode(text: string): string {
  let encoded = "";
  for (let i = 0; i < text.length; i++) encoded += alphabet[text.charCodeAt(i) % alphabet.length];
  return encoded;
}

/**
 * The pod-template-hash of a Deployment's template: the same for equal templates whatever the order of their fields, and
 * different with another collision count. Up to ten characters of the safe alphabet, as Kubernetes' own (whose number
 * comes from Go's memory layout, so that the values themselves are never the same as here).
 */
export function podTemplateHash(template: PodTemplateSpec, collisionCount?: number): string {
  const hash = createHash("sha256").update(canonical(template));
  if (collisionCount !== undefined) hash.update(`\0${collisionCount}`);
  return safeEncode(String(hash.digest().readUInt32BE(0)));
}

/** JSON with sorted keys; undefined members are left out, as they are when written. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const members: string[] = [];
  for (const key of Object.keys(value).sort()) {
    const member = (value as Record<string, unknown>)[key];
    if (member !== undefined) members.push(`${JSON.stringify(key)}:${canonical(member)}`);
  }
  return `{${members.join(",")}}`;
}
