/** Small harm to bytes and to objects: what a client with a bug, or an attacker, sends. */
import fc from "fast-check";
import type { Schema } from "../../src/machinery/schema/types.ts";
import { objectOf } from "../machinery/protobuf/arbitrary.ts";
import type { Random } from "./random.ts";

const strange: readonly unknown[] = [
  null,
  true,
  -1,
  0,
  1.5,
  1e300,
  2 ** 31,
  2 ** 53,
  "",
  "x",
  "x".repeat(300),
  "a/b/c",
  "\u0000",
  "ä\ud83d\ude00",
  "-",
  "..",
  "__proto__",
  "10Gi",
  "1e9999",
  "2024-13-45T00:00:00Z",
  [],
  [[]],
  {},
  [null],
  [{}, {}],
  { a: { b: {} } },
  { "": "" },
  { constructor: "x" },
];

/** Bytes with a few of them changed, cut, repeated, moved or taken from `other`. */
export function mutateBytes(random: Random, bytes: Buffer, other: Buffer): Buffer {
  let result = Buffer.from(bytes);
  for (let i = 1 + random.below(4); i > 0; i--) {
    const at = random.below(result.length + 1);
    const length = random.below(Math.min(32, result.length - at + 1));
    switch (random.below(7)) {
      case 0:
        if (at < result.length) result[at] = random.below(256);
        break;
      case 1:
        if (at < result.length) result[at] = (result[at] ?? 0) ^ (1 << random.below(8));
        break;
      case 2:
        result = Buffer.concat([result.subarray(0, at), result.subarray(at + length)]);
        break;
      case 3:
        result = Buffer.concat([result.subarray(0, at), result.subarray(at, at + length), result.subarray(at)]);
        break;
      case 4: {
        const from = random.below(other.length + 1);
        const piece = other.subarray(from, from + random.below(64));
        result = Buffer.concat([result.subarray(0, at), piece, result.subarray(at)]);
        break;
      }
      case 5:
        result = result.subarray(0, at);
        break;
      default:
        result = Buffer.concat([result.subarray(0, at), Buffer.alloc(1 + random.below(11), 0xff), result.subarray(at)]);
    }
  }
  return result;
}

/** A few fields of the object become other ones: of their schema, of the wrong type, absent, or new. In place. */
export function mutateObject(random: Random, object: Record<string, unknown>, schema: Schema): void {
  for (let i = 1 + random.below(3); i > 0; i--) mutateOnce(random, object, schema);
}

function mutateOnce(random: Random, root: Record<string, unknown>, rootSchema: Schema): void {
  let at: Record<string, unknown> = root;
  let schema: Schema = rootSchema;
  for (let depth = 0; depth < 12; depth++) {
    const key = pickKey(random, at, schema, depth);
    const inner = Object.hasOwn(at, key) ? at[key] : undefined;
    const innerSchema = fieldOf(schema, key);
    if (typeof inner === "object" && inner !== null && random.chance(depth === 0 ? 95 : 75)) {
      at = inner as Record<string, unknown>;
      schema = innerSchema;
      continue;
    }
    change(random, at, key, innerSchema);
    return;
  }
}

/** Mostly one that is there; sometimes one that could be. */
function pickKey(random: Random, at: Record<string, unknown>, schema: Schema, depth: number): string {
  if (Array.isArray(at)) return String(random.below(at.length + 1));
  const present = Object.keys(at).filter((name) => depth > 0 || (name !== "apiVersion" && name !== "kind"));
  const possible = Object.keys(schema.properties ?? {});
  if (possible.length > 0 && random.chance(40)) return random.of(possible);
  if (present.length === 0) return random.of(possible.length > 0 ? possible : ["a", "b.c/d", "__proto__"]);
  return random.of(present);
}

function fieldOf(schema: Schema, key: string): Schema {
  const { properties, items, additionalProperties } = schema;
  if (properties && Object.hasOwn(properties, key)) return properties[key] ?? {};
  if (items) return items;
  return typeof additionalProperties === "object" ? additionalProperties : {};
}

function change(random: Random, at: Record<string, unknown>, key: string, schema: Schema): void {
  switch (random.below(6)) {
    case 0:
      if (Array.isArray(at)) at.splice(Number(key), 1);
      else delete at[key];
      break;
    case 1:
      define(at, key, random.of(strange));
      break;
    case 2:
      define(at, `${key}${random.below(3)}`, random.of(strange));
      break;
    default:
      define(at, key, sample(random, schema));
  }
}

/** As JSON.parse does it: "__proto__" is a key like any other. */
function define(at: Record<string, unknown>, key: string, value: unknown): void {
  if (Array.isArray(at) && !/^\d+$/.test(key)) return;
  Object.defineProperty(at, key, {
    value: structuredClone(value),
    enumerable: true,
    configurable: true,
    writable: true,
  });
}

/** A value that fits the schema. */
export function sample(random: Random, schema: Schema): unknown {
  const seed = random.below(2 ** 31);
  const [value] = fc.sample(objectOf(schema, 25, 3), { seed, numRuns: 1 });
  return value;
}
