import { describe, expect, it } from "vitest";
import { goTypeOf, knownResources, schemaOf } from "../../../src/machinery/schema/load.ts";

describe("schemaOf", () => {
  it("carries what the table says of a field", () => {
    const spec = schemaOf("k8s.io/api/core/v1.Pod").properties?.spec;
    const containers = spec?.properties?.containers;
    expect(containers).toMatchObject({
      type: "array",
      patchStrategy: "merge",
      patchMergeKey: "name",
      listType: "map",
      listMapKeys: ["name"],
      proto: { number: 2, wire: "bytes" },
    });
    expect(containers?.items?.goName).toBe("k8s.io/api/core/v1.Container");
    expect(containers?.items?.required).toEqual(["name"]);
    expect(containers?.items?.properties?.resources?.default).toEqual({});
  });
  it("inlines embedded structs", () => {
    const probe = schemaOf("k8s.io/api/core/v1.Probe");
    expect(Object.keys(probe.properties ?? {})).toEqual(expect.arrayContaining(["exec", "httpGet", "periodSeconds"]));
    expect(Object.keys(schemaOf("k8s.io/api/core/v1.Pod").properties ?? {})).toEqual(
      expect.arrayContaining(["kind", "apiVersion", "metadata", "spec", "status"]),
    );
  });
  it("shares the nodes of a type and survives one that refers to itself", () => {
    const pod = schemaOf("k8s.io/api/core/v1.PodSpec");
    expect(schemaOf("k8s.io/api/core/v1.PodSpec")).toBe(pod);
    expect(pod.properties?.containers?.items?.properties).toBe(pod.properties?.initContainers?.items?.properties);
    const props = schemaOf("k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1.JSONSchemaProps");
    expect(props.properties?.not?.properties).toBe(props.properties);
  });
  it("resolves every type that the table has", () => {
    for (const { type } of knownResources()) expect(schemaOf(type).properties).toBeDefined();
    expect(knownResources().length).toBe(70);
  });
  it("prints types as Go does", () => {
    const spec = schemaOf("k8s.io/api/core/v1.PodSpec").properties ?? {};
    expect(spec.restartPolicy && goTypeOf(spec.restartPolicy)).toBe("v1.RestartPolicy");
    expect(spec.containers && goTypeOf(spec.containers)).toBe("[]v1.Container");
    expect(spec.nodeSelector && goTypeOf(spec.nodeSelector)).toBe("map[string]string");
    expect(spec.overhead && goTypeOf(spec.overhead)).toBe("v1.ResourceList");
    expect(spec.priority && goTypeOf(spec.priority)).toBe("int32");
  });
});
