/** Random objects of a built-in kind, made from its schema, in the form that decoding gives them. */
import fc from "fast-check";
import { typeFact } from "../../../src/machinery/schema/table.ts";
import type { Schema } from "../../../src/machinery/schema/types.ts";

const text = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.string({ unit: "binary", maxLength: 6 }),
  fc.constant("x".repeat(200)),
);
const key = fc.oneof(
  fc.constantFrom("a", "b.example.com/c", "__proto__", "é"),
  fc.string({ minLength: 1, maxLength: 8 }),
);
const maxLevel = 9;

/** Without -0, which JSON text does not tell from 0. */
function json(depth: number): fc.Arbitrary<unknown> {
  return fc.jsonValue({ maxDepth: depth }).map((value): unknown => JSON.parse(JSON.stringify(value)));
}

function scalar(schema: Schema): fc.Arbitrary<unknown> | undefined {
  switch (schema.wire) {
    case "quantity":
      return fc.constantFrom("0", "1", "100m", "64Mi", "1500", "2e3", "1Ki");
    case "time":
      return fc.constantFrom(
        "2024-02-29T12:00:00Z",
        "1970-01-01T00:00:00Z",
        "1969-12-31T23:59:59Z",
        "9999-12-31T23:59:59Z",
      );
    case "micro-time":
      return fc.constantFrom(
        "2024-02-29T12:00:00.000001Z",
        "2024-02-29T12:00:00.999999Z",
        "1960-02-29T12:00:00.500000Z",
      );
    case "duration":
      return fc.constantFrom("1s", "1h0m0s", "1.5s", "100ms", "-3s");
    case "int-or-string":
      return fc.oneof(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), text);
    case "bytes":
      return fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes).toString("base64"));
    default:
      return undefined;
  }
}

function raw(schema: Schema, level: number): fc.Arbitrary<unknown> {
  const name = schema.goName ?? "";
  const props =
    level >= maxLevel ? fc.constant({}) : fc.record({ type: text, maxLength: fc.nat() }, { requiredKeys: ["type"] });
  const filled = props.map((value) =>
    JSON.parse(JSON.stringify(value, (k, v) => (k === "type" && v === "" ? undefined : v))),
  );
  if (name.endsWith("JSONSchemaPropsOrBool")) return fc.oneof(fc.boolean(), filled);
  if (name.endsWith("JSONSchemaPropsOrArray"))
    return fc.oneof(filled, fc.array(filled, { minLength: 1, maxLength: 2 }));
  if (name.endsWith("JSONSchemaPropsOrStringArray"))
    return fc.oneof(filled, fc.array(text, { minLength: 1, maxLength: 2 }));
  if (name.endsWith("v1.JSON")) return json(2).filter((value) => value !== null);
  return fc.dictionary(key, json(1), { maxKeys: 3 });
}

/** `chance`: of 100, how many of the fields that may be absent are there. */
export function objectOf(schema: Schema, chance = 40, level = 0): fc.Arbitrary<unknown> {
  const known = scalar(schema);
  if (known) return known;
  if (schema.wire === "raw") return raw(schema, level);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  switch (schema.type) {
    case "string":
      return text;
    case "boolean":
      return fc.boolean();
    case "integer":
      return schema.format === "int32"
        ? fc.oneof(fc.constantFrom(0, 1, 127, 128, -1, 2 ** 31 - 1, -(2 ** 31)), fc.integer())
        : fc.oneof(fc.constantFrom(0, 1, 300, -1, -(2 ** 40), 2 ** 40), fc.maxSafeInteger());
    case "number":
      return fc.double({ noNaN: true, noDefaultInfinity: true });
    case "array":
      return fc.array(objectOf(schema.items ?? {}, chance, level + 1), { minLength: 1, maxLength: 2 });
    default:
      break;
  }
  if (typeof schema.additionalProperties === "object") {
    return fc.dictionary(key, objectOf(schema.additionalProperties, chance, level + 1), { minKeys: 1, maxKeys: 3 });
  }
  const { properties } = schema;
  if (properties === undefined) return fc.constant({});
  // The apiVersion and kind of what is embedded are not in protobuf.
  const inEnvelope = typeFact(schema.goName ?? "")?.fields?.some(({ type }) => type.ref?.endsWith("v1.TypeMeta"));
  const names = Object.keys(properties).filter((name) => !inEnvelope || (name !== "apiVersion" && name !== "kind"));
  if (level >= maxLevel) return fc.constant({});
  return fc.array(fc.nat({ max: 99 }), { minLength: names.length, maxLength: names.length }).chain((dice) => {
    const chosen = names.filter((_, i) => (dice[i] ?? 0) < chance / (1 + level / 3));
    return fc.record(
      Object.fromEntries(chosen.map((name) => [name, objectOf(properties[name] ?? {}, chance, level + 1)])),
    );
  });
}
