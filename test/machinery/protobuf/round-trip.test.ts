import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { builtinDefinitions } from "../../../src/machinery/kinds/index.ts";
import { apiVersionOf } from "../../../src/machinery/meta/object.ts";
import {
  decodeObject,
  encodeListFrame,
  encodeListItem,
  encodeObject,
} from "../../../src/machinery/protobuf/envelope.ts";
import { goNameOfKind } from "../../../src/machinery/protobuf/kinds.ts";
import { decodeTyped } from "../../../src/machinery/schema/decode.ts";
import { schemaOf } from "../../../src/machinery/schema/load.ts";
import { typeFact } from "../../../src/machinery/schema/table.ts";
import type { Schema } from "../../../src/machinery/schema/types.ts";
import { objectOf } from "./arbitrary.ts";

const kinds = [...builtinDefinitions()].flatMap(({ group, names, versions, verbs }) =>
  versions.map((version) => ({
    apiVersion: apiVersionOf({ group, version: version.name }),
    kind: names.kind,
    listKind: verbs === undefined || verbs.includes("list") ? names.listKind : names.kind,
    schema: version.schema(),
  })),
);

/** As the API has it after decoding, without what protobuf cannot tell from absent: empty lists and maps, and zero structs. */
function canonical(value: unknown, schema: Schema): unknown {
  const copy: unknown = structuredClone(value);
  return withoutEmpty(decodeTyped(copy, schema).value, schema);
}

function withoutEmpty(value: unknown, schema: Schema): unknown {
  if (schema.wire !== undefined || typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => withoutEmpty(item, schema.items ?? {}));
  const pointers = pointersOf(schema.goName);
  const result = Object.create(null) as Record<string, unknown>;
  for (const [name, inner] of Object.entries(value)) {
    const field = schema.properties?.[name];
    const kept = withoutEmpty(inner, field ?? (schema.additionalProperties as Schema | undefined) ?? {});
    if (field === undefined || !isZero(kept, field, pointers.has(name))) result[name] = kept;
  }
  return result;
}

/** What protobuf does not tell from absent: everything of Go's zero value that is not behind a pointer; no pointer is to nothing. */
function isZero(value: unknown, field: Schema, pointer: boolean): boolean {
  if (value === null || value === undefined) return true;
  if (pointer) return false;
  if (field.wire === "quantity") return value === "0";
  if (field.wire === "duration") return value === "0s";
  if (field.wire === "raw") return value === false;
  if (value === "" || value === 0 || value === false) return true;
  return typeof value === "object" && Object.keys(value).length === 0;
}

function pointersOf(goName: string | undefined): Set<string> {
  const names = new Set<string>();
  for (const { name, pointer, type } of (goName && typeFact(goName)?.fields) || []) {
    if (name === undefined) for (const inner of pointersOf(type.ref)) names.add(inner);
    else if (pointer) names.add(name);
  }
  return names;
}

describe("every built-in kind", () => {
  it("has its Go name", () => {
    for (const { apiVersion, kind, listKind, schema } of kinds) {
      expect(goNameOfKind(apiVersion, kind), `${apiVersion} ${kind}`).toBe(schema.goName);
      expect(goNameOfKind(apiVersion, listKind), `${apiVersion} ${listKind}`).toBeDefined();
    }
    expect(goNameOfKind("example.com/v1", "Pod")).toBeUndefined();
    expect(goNameOfKind("meta.k8s.io/v1", "Table")).toBeUndefined();
  });

  it.each(kinds)("$apiVersion $kind comes back from protobuf as it was", ({ apiVersion, kind, schema }) => {
    fc.assert(
      fc.property(objectOf(schema), (object) => {
        const whole = { ...(object as object), apiVersion, kind };
        const back = decodeObject(encodeObject(decodeTyped(structuredClone(whole), schema).value as object));
        expect(canonical(back, schema)).toEqual(canonical(whole, schema));
      }),
      { numRuns: 20, endOnFailure: true },
    );
  });

  it.each(["Status", "DeleteOptions", "APIResourceList", "APIGroup"])("so does %s", (kind) => {
    const schema = schemaOf(goNameOfKind("v1", kind) ?? "");
    fc.assert(
      fc.property(objectOf(schema), (object) => {
        const whole = { ...(object as object), apiVersion: "v1", kind };
        const back = decodeObject(encodeObject(decodeTyped(structuredClone(whole), schema).value as object));
        expect(canonical(back, schema)).toEqual(canonical(whole, schema));
      }),
      { numRuns: 20, endOnFailure: true },
    );
  });
});

it("makes a list from its parts as in one piece", () => {
  const items = ["a", "b", "c"].map((name) => ({ metadata: { name }, data: { x: name.repeat(300) } }));
  const list = { apiVersion: "v1", kind: "ConfigMapList", metadata: { resourceVersion: "7", continue: "t" } };
  const parts = items.map((item) => encodeListItem("k8s.io/api/core/v1.ConfigMap", item));
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const [head, tail] = encodeListFrame(list, length);
  expect(Buffer.concat([head, ...parts, tail])).toEqual(encodeObject({ ...list, items } as object));
});
