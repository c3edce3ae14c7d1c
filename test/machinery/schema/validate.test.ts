import { describe, expect, it } from "vitest";
import { schemaFromOpenApi } from "../../../src/machinery/schema/from-openapi.ts";
import { validateSchema } from "../../../src/machinery/schema/validate.ts";
import { fieldErrorText } from "../../../src/machinery/status/field-errors.ts";

const schema = schemaFromOpenApi({
  type: "object",
  required: ["spec"],
  properties: {
    spec: {
      type: "object",
      required: ["size"],
      properties: {
        size: { type: "integer", format: "int32", minimum: 1, maximum: 5 },
        color: { type: "string", enum: ["blue", "red"] },
        name: { type: "string", minLength: 2, maxLength: 4, pattern: "^[a-z]*$" },
        when: { type: "string", format: "date-time" },
        port: { "x-kubernetes-int-or-string": true },
        maybe: { type: "string", nullable: true },
        list: { type: "array", maxItems: 2, items: { type: "string" }, "x-kubernetes-list-type": "set" },
        map: {
          type: "array",
          "x-kubernetes-list-type": "map",
          "x-kubernetes-list-map-keys": ["k"],
          items: { type: "object", properties: { k: { type: "string" } } },
        },
        one: { type: "object", oneOf: [{ required: ["a"] }, { required: ["b"] }] },
        share: { type: "number", exclusiveMaximum: true, maximum: 1, multipleOf: 0.25 },
        rest: { type: "object", maxProperties: 1, additionalProperties: { type: "boolean" } },
        template: { type: "object", "x-kubernetes-embedded-resource": true },
      },
    },
  },
});
const texts = (spec: unknown): string[] => validateSchema({ spec }, schema).map(fieldErrorText);

describe("validateSchema", () => {
  it("accepts what is right", () => {
    const spec = {
      size: 3,
      color: "red",
      name: "abc",
      when: "2026-01-01T00:00:00Z",
      port: "http",
      maybe: null,
      list: ["a", "b"],
      map: [{ k: "a" }, { k: "b" }],
      one: { a: 1 },
      share: 0.5,
      rest: { x: true },
      template: { apiVersion: "v1", kind: "Pod" },
    };
    expect(texts(spec)).toEqual([]);
  });
  it.each([
    [{}, "spec.size: Required value"],
    [{ size: "3" }, 'spec.size: Invalid value: "string": spec.size in body must be of type integer: "string"'],
    [{ size: 1.5 }, 'spec.size: Invalid value: "number": spec.size in body must be of type integer: "number"'],
    [{ size: 0 }, "spec.size: Invalid value: 0: spec.size in body should be greater than or equal to 1"],
    [{ size: 6 }, "spec.size: Invalid value: 6: spec.size in body should be less than or equal to 5"],
    [{ size: 1, color: "green" }, 'spec.color: Unsupported value: "green": supported values: "blue", "red"'],
    [{ size: 1, name: "a" }, 'spec.name: Invalid value: "a": spec.name in body should be at least 2 chars long'],
    [{ size: 1, name: "abcde" }, "spec.name: Too long: may not be more than 4 bytes"],
    [{ size: 1, name: "AB" }, `spec.name: Invalid value: "AB": spec.name in body should match '^[a-z]*$'`],
    [{ size: 1, when: "now" }, 'spec.when: Invalid value: "now": spec.when in body must be of type date-time: "now"'],
    [
      { size: 1, port: true },
      'spec.port: Invalid value: "boolean": spec.port in body must be of type integer,string: "boolean"',
    ],
    [{ size: 1, list: ["a", "b", "c"] }, "spec.list: Too many: 3: must have at most 2 items"],
    [{ size: 1, list: ["a", "a"] }, 'spec.list[1]: Duplicate value: "a"'],
    [
      { size: 1, list: [1] },
      'spec.list[0]: Invalid value: "integer": spec.list[0] in body must be of type string: "integer"',
    ],
    [{ size: 1, map: [{ k: "a" }, { k: "a" }] }, 'spec.map[1]: Duplicate value: {"k":"a"}'],
    [
      { size: 1, one: {} },
      '<nil>: Invalid value: "": "spec.one" must validate one and only one schema (oneOf). Found none valid',
    ],
    [{ size: 1, share: 1 }, "spec.share: Invalid value: 1: spec.share in body should be less than 1"],
    [{ size: 1, share: 0.3 }, "spec.share: Invalid value: 0.3: spec.share in body should be a multiple of 0.25"],
    [{ size: 1, rest: { a: true, b: true } }, "spec.rest: Too many: 2: must have at most 1 item"],
    [{ size: 1, name: null }, 'spec.name: Invalid value: "null": spec.name in body must be of type string: "null"'],
    [{ size: 1, template: { kind: "Pod" } }, "spec.template.apiVersion: Required value: must not be empty"],
  ])("refuses %j", (spec, message) => {
    expect(texts(spec)).toEqual([message]);
  });
  it("stops counting somewhere", () => {
    expect(validateSchema({ spec: { size: 1, list: Array.from({ length: 100_000 }, () => 1) } }, schema).length).toBe(
      100,
    );
  });
});
