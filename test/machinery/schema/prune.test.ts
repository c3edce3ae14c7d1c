import { describe, expect, it } from "vitest";
import { decodeBody } from "../../../src/machinery/schema/decode-body.ts";
import type { Schema } from "../../../src/machinery/schema/types.ts";

const schema: Schema = {
  type: "object",
  properties: {
    spec: {
      type: "object",
      properties: {
        size: { type: "integer" },
        items: { type: "array", items: { type: "object", properties: { a: { type: "string" } } } },
        free: { type: "object", preserveUnknownFields: true, properties: { shut: { type: "object", properties: {} } } },
        map: { type: "object", additionalProperties: { type: "object", properties: { v: { type: "string" } } } },
        template: { type: "object", embeddedResource: true, properties: { spec: { type: "object" } } },
      },
    },
  },
};
const expected = { group: "x.io", version: "v1", kind: "Widget", schema };

describe("decodeBody of a custom resource", () => {
  it("prunes and tells what it dropped", () => {
    const body = {
      apiVersion: "x.io/v1",
      kind: "Widget",
      metadata: { name: "a", nope: 1 },
      spec: {
        size: "as it is",
        items: [{ a: "b", c: 1 }],
        free: { any: { thing: 1 }, shut: { gone: 1 } },
        map: { k: { v: "1", w: 2 } },
        template: { apiVersion: "v1", kind: "Pod", metadata: { name: "t", odd: 1 }, spec: {}, status: {} },
        constructor: 1,
      },
    };
    const { object, warnings } = decodeBody(Buffer.from(JSON.stringify(body)), expected, "Warn");
    expect(warnings).toEqual(
      [
        "metadata.nope",
        "spec.items[0].c",
        "spec.free.shut.gone",
        "spec.map.k.w",
        "spec.template.metadata.odd",
        "spec.template.status",
        "spec.constructor",
      ].map((path) => `unknown field "${path}"`),
    );
    expect(object).toEqual({
      apiVersion: "x.io/v1",
      kind: "Widget",
      metadata: { name: "a" },
      spec: {
        size: "as it is",
        items: [{ a: "b" }],
        free: { any: { thing: 1 }, shut: {} },
        map: { k: { v: "1" } },
        template: { apiVersion: "v1", kind: "Pod", metadata: { name: "t" }, spec: {} },
      },
    });
  });
  it("takes a null that is not allowed for absent", () => {
    const body = '{"spec":{"size":null,"items":null,"map":{"k":{"v":null}}}}';
    expect(decodeBody(Buffer.from(body), expected, "Strict").object.spec).toEqual({ map: { k: {} } });
  });
  it("finds keys that stand twice", () => {
    expect(() => decodeBody(Buffer.from('{"spec":{"free":{"a":1,"a":2}}}'), expected, "Strict")).toThrow(
      'Widget in version "v1" cannot be handled as a Widget: strict decoding error: duplicate field "spec.free.a"',
    );
  });
});
