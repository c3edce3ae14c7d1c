/** JSON as text: parsing with Go's error messages, a depth limit, and what JSON.parse forgets (duplicate keys). */
import { JsonScanner } from "./json-scanner.ts";

/** How deep JSON may nest: far deeper than any object, far less than the stack holds (Go refuses at 10,000). */
export const maxDepth = 1000;

export class JsonError extends Error {
  override name = "JsonError";
}

/**
 * Invalid UTF-8 becomes U+FFFD, as in Go. Throws JsonError in the words of encoding/json ("unexpected end of JSON
 * input", "invalid character 'x' looking for beginning of value").
 */
export function parseJson(body: Buffer): unknown {
  const text = body.toString("utf8");
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new JsonError(new JsonScanner(text, maxDepth).run().error ?? String(error), { cause: error });
  }
  return value;
}

const quote = 0x22;
const backslash = 0x5c;

/**
 * Counts the object keys of a valid JSON text: more than the parsed value has means that some were given twice. About
 * the cost of JSON.parse. Throws JsonError when it nests too deep.
 */
export function countKeys(body: Uint8Array): number {
  let keys = 0;
  let depth = 0;
  const end = body.length;
  for (let i = 0; i < end; i++) {
    const byte = body[i] as number;
    if (byte === quote) {
      for (i++; i < end; i++) {
        const inner = body[i] as number;
        if (inner === quote) break;
        if (inner === backslash) i++;
      }
    } else if (byte === 0x3a) keys++;
    else if (byte === 0x7b || byte === 0x5b) {
      if (++depth > maxDepth) throw new JsonError("exceeded max depth");
    } else if (byte === 0x7d || byte === 0x5d) depth--;
  }
  return keys;
}

/** The paths of the keys that stand twice in their object, each once: "spec.replicas", "spec.containers[0].name". */
export function duplicateKeys(body: Buffer): string[] {
  return new JsonScanner(body.toString("utf8"), maxDepth).run().duplicates;
}
