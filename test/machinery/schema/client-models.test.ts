/** The table of types against the models of the official client, which were generated from Kubernetes' own OpenAPI document. */
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { schemaOf } from "../../../src/machinery/schema/load.ts";
import { typeNames } from "../../../src/machinery/schema/table.ts";
import type { Schema } from "../../../src/machinery/schema/types.ts";

const models = new URL("../../../node_modules/@kubernetes/client-node/dist/gen/models/", import.meta.url);
const upper = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);

function modelOf(goName: string): string | undefined {
  // core/v1 has an older namesake of meta/v1.Preconditions that no API uses.
  if (goName === "k8s.io/api/core/v1.Preconditions") return undefined;
  const [, group = "", version = "", name = ""] = /([^/]+)\/([^/.]+)\.(\w+)$/.exec(goName) ?? [];
  return [`${upper(group)}${upper(version)}${name}`, `${upper(version)}${name}`].find((model) =>
    existsSync(new URL(`${model}.js`, models)),
  );
}

/** Of a list or map the client gives the format of what it holds. */
function innermost(schema: Schema): Schema {
  const inner =
    schema.items ?? (typeof schema.additionalProperties === "object" ? schema.additionalProperties : undefined);
  return inner ? innermost(inner) : schema;
}

function jsonType(schema: Schema): string | undefined {
  if (schema.wire === "quantity" || schema.wire === "time" || schema.wire === "micro-time") return undefined;
  return schema.type === "integer" ? "number" : schema.type;
}

function differences(model: string, schema: Schema): string[] {
  const found: string[] = [];
  const code = readFileSync(new URL(`${model}.js`, models), "utf8");
  const declaration = readFileSync(new URL(`${model}.d.ts`, models), "utf8");
  const fields = code.matchAll(
    /"name": "([^"]+)",\s*"baseName": "([^"]+)",\s*"type": "([^"]+)",\s*"format": "([^"]*)"/g,
  );
  const seen = new Set<string>();
  for (const [, name = "", wireName = "", type = "", format = ""] of fields) {
    seen.add(wireName);
    const field = schema.properties?.[wireName];
    if (!field) {
      found.push(`${model}.${wireName} is missing`);
      continue;
    }
    const required = declaration.includes(`'${name}':`);
    if (required !== (schema.required?.includes(wireName) ?? false))
      found.push(`${model}.${wireName} required: ${required}`);
    const ours = innermost(field);
    // The client tells apart what OpenAPI calls date-time in both cases.
    const known = format === "date-time-micro" ? "date-time" : format;
    if (known !== "" && known !== "int-or-string" && known !== ours.format)
      found.push(`${model}.${wireName} format: ${format}`);
    const shape = type.startsWith("Array") ? "array" : type.startsWith("{") ? "object" : type;
    const own = jsonType(field);
    if (["array", "object", "string", "boolean", "number"].includes(shape) && own !== undefined && own !== shape) {
      found.push(`${model}.${wireName} type: ${type}`);
    }
  }
  for (const name of Object.keys(schema.properties ?? {})) {
    if (!seen.has(name)) found.push(`${model}.${name} is not in the client`);
  }
  return found;
}

describe("the table of types", () => {
  it("has the fields, types, formats and required fields of the client's models", () => {
    const found: string[] = [];
    let compared = 0;
    for (const goName of typeNames()) {
      const model = modelOf(goName);
      const schema = schemaOf(goName);
      if (model === undefined || !schema.properties) continue;
      compared++;
      found.push(...differences(model, schema));
    }
    expect(found).toEqual([]);
    expect(compared).toBeGreaterThan(550);
  });
});
