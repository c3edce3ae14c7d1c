import { describe, expect, it } from "vitest";
import { applyDefaults } from "../../../src/machinery/schema/default.ts";
import { schemaOf } from "../../../src/machinery/schema/load.ts";
import type { Schema } from "../../../src/machinery/schema/types.ts";

describe("applyDefaults", () => {
  it("adds what Go always writes and the table's defaults", () => {
    const service = { metadata: {}, spec: { ports: [{ port: 80 }] } };
    applyDefaults(service, schemaOf("k8s.io/api/core/v1.Service"));
    expect(service).toEqual({
      metadata: {},
      spec: { ports: [{ port: 80, protocol: "TCP" }] },
      status: { loadBalancer: {} },
    });
    const pod = { metadata: {}, spec: { containers: [{ name: "a" }] } };
    applyDefaults(pod, schemaOf("k8s.io/api/core/v1.Pod"));
    expect(pod).toMatchObject({ spec: { containers: [{ name: "a", resources: {} }] }, status: {} });
  });
  it("follows a custom schema, below new parents too, and gives nobody a shared value", () => {
    const schema: Schema = {
      type: "object",
      properties: {
        spec: {
          type: "object",
          default: {},
          properties: {
            list: { type: "array", default: [1] },
            size: { type: "integer", default: 3 },
            note: { type: "string", nullable: true, default: "x" },
          },
        },
        rest: { type: "object", additionalProperties: { type: "object", properties: { a: { default: "b" } } } },
      },
    };
    const one: Record<string, unknown> = { rest: { k: {} } };
    const two: Record<string, unknown> = { spec: { size: null, note: null } };
    applyDefaults(one, schema);
    applyDefaults(two, schema);
    expect(one).toEqual({ spec: { list: [1], size: 3, note: "x" }, rest: { k: { a: "b" } } });
    expect(two).toEqual({ spec: { list: [1], size: 3, note: null } });
    (one.spec as { list: number[] }).list.push(2);
    expect((two.spec as { list: number[] }).list).toEqual([1]);
  });
  it("ends on a type that refers to itself", () => {
    const crd = {
      spec: {
        versions: [
          {
            name: "v1",
            served: true,
            storage: true,
            schema: { openAPIV3Schema: { properties: { a: { type: "string" } } } },
          },
        ],
      },
    };
    const before = structuredClone(crd.spec.versions);
    applyDefaults(crd, schemaOf("k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1.CustomResourceDefinition"));
    expect(crd.spec.versions).toEqual(before);
  });
});
