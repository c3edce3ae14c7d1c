import { describe, expect, it } from "vitest";
import { loadDescriptions } from "../../../src/machinery/schema/descriptions.ts";
import { schemaFromOpenApi } from "../../../src/machinery/schema/from-openapi.ts";
import { knownResources } from "../../../src/machinery/schema/load.ts";
import { modelName, OpenApiComponents } from "../../../src/machinery/schema/to-openapi.ts";

const pod = "k8s.io/api/core/v1.Pod";

describe("OpenApiComponents", () => {
  it("names components as Kubernetes does", () => {
    expect(modelName(pod)).toBe("io.k8s.api.core.v1.Pod");
    expect(modelName("k8s.io/apimachinery/pkg/apis/meta/v1.ObjectMeta")).toBe(
      "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta",
    );
  });
  it("writes v3 with references, extensions and descriptions", async () => {
    const kinds = new Map([[pod, [{ group: "", version: "v1", kind: "Pod" }]]]);
    const document = new OpenApiComponents({ version: 3, descriptions: await loadDescriptions(), kinds });
    expect(document.addType(pod)).toEqual({ $ref: "#/components/schemas/io.k8s.api.core.v1.Pod" });
    const { components } = document;
    expect(components["io.k8s.api.core.v1.Pod"]).toMatchObject({
      description:
        "Pod is a collection of containers that can run on a host. This resource is created by clients and scheduled onto hosts.",
      type: "object",
      properties: {
        spec: { allOf: [{ $ref: "#/components/schemas/io.k8s.api.core.v1.PodSpec" }], default: {} },
        kind: { type: "string" },
      },
      "x-kubernetes-group-version-kind": [{ group: "", version: "v1", kind: "Pod" }],
    });
    expect(components["io.k8s.api.core.v1.PodSpec"]).toMatchObject({
      required: ["containers"],
      properties: {
        containers: {
          type: "array",
          items: { $ref: "#/components/schemas/io.k8s.api.core.v1.Container" },
          "x-kubernetes-list-map-keys": ["name"],
          "x-kubernetes-list-type": "map",
          "x-kubernetes-patch-merge-key": "name",
          "x-kubernetes-patch-strategy": "merge",
        },
        restartPolicy: { type: "string", enum: ["Always", "Never", "OnFailure"] },
        nodeSelector: { type: "object", additionalProperties: { type: "string" }, "x-kubernetes-map-type": "atomic" },
      },
    });
    expect(components["io.k8s.apimachinery.pkg.api.resource.Quantity"]).toMatchObject({
      oneOf: [{ type: "string" }, { type: "number" }],
    });
  });
  it("has every component that it refers to, for all kinds and both versions", () => {
    for (const version of [2, 3] as const) {
      const document = new OpenApiComponents({ version });
      for (const { type } of knownResources()) document.addType(type);
      const names = new Set(Object.keys(document.components));
      const references = new Set(
        [
          ...JSON.stringify(document.components).matchAll(/"\$ref":"#\/(?:components\/schemas|definitions)\/([^"]+)"/g),
        ].map(([, name]) => name ?? ""),
      );
      expect([...references].filter((name) => !names.has(name))).toEqual([]);
      expect(names.size).toBeGreaterThan(450);
    }
  });
  it("carries a custom resource through unharmed", () => {
    const source = {
      type: "object",
      required: ["spec"],
      properties: {
        spec: {
          type: "object",
          description: "what is wanted",
          properties: {
            a: { type: "string", default: "x", maxLength: 5, nullable: true },
            b: { type: "array", items: { "x-kubernetes-int-or-string": true }, "x-kubernetes-list-type": "set" },
            c: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
            d: { type: "object", additionalProperties: { type: "integer", format: "int64" } },
          },
        },
      },
    };
    const document = new OpenApiComponents({ version: 3 });
    expect(document.inline(schemaFromOpenApi(source))).toEqual(source);
    document.addCustomResource(schemaFromOpenApi(source), { group: "example.com", version: "v1", kind: "Widget" });
    expect(document.components["com.example.v1.Widget"]).toMatchObject({
      properties: { spec: source.properties.spec, apiVersion: { type: "string" } },
      "x-kubernetes-group-version-kind": [{ group: "example.com", version: "v1", kind: "Widget" }],
    });
  });
});

describe("loadDescriptions", () => {
  it("has texts for types and fields", async () => {
    const descriptions = await loadDescriptions();
    expect(descriptions["k8s.io/api/core/v1.PodSpec"]?.nodeName).toContain("scheduler");
    expect(Object.keys(descriptions).length).toBeGreaterThan(500);
  });
});
