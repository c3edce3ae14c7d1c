/** Go's structs have zero values: what a client left out may be missing anywhere, and yet nothing falls over. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { builtinDefinitions } from "../../../src/machinery/kinds/index.ts";
import type { ResourceDefinition, ResourceVersionDefinition } from "../../../src/machinery/kinds/types.ts";
import { apiVersionOf, type UnstructuredObject } from "../../../src/machinery/meta/object.ts";
import { decodeTyped } from "../../../src/machinery/schema/decode.ts";
import { applyDefaults } from "../../../src/machinery/schema/default.ts";
import { objectOf } from "../protobuf/arbitrary.ts";
import { row, updateFaults } from "./support.ts";

const kinds = builtinDefinitions().flatMap((definition) =>
  definition.versions.map(
    (version) => [`${definition.group}/${version.name} ${definition.names.kind}`, definition, version] as const,
  ),
);
const now = Date.parse("2026-01-01T00:00:00Z");

/** As decoding gives it; the pipeline sees to metadata. */
function anyObject(definition: ResourceDefinition, version: ResourceVersionDefinition) {
  const schema = version.schema();
  const type = { apiVersion: apiVersionOf({ group: definition.group, version: version.name }) };
  return fc.oneof(objectOf(schema, 25), objectOf(schema, 60)).map((sample) => {
    const fields = structuredClone(sample) as Partial<UnstructuredObject>;
    const metadata = { ...fields.metadata, name: "n", creationTimestamp: "2025-12-31T23:00:00Z" };
    const whole = { ...fields, ...type, kind: definition.names.kind, metadata };
    return decodeTyped(whole, schema).value as UnstructuredObject;
  });
}

describe("half-filled objects", () => {
  it.each(kinds)("of %s are printed", (_, definition, version) => {
    fc.assert(
      fc.property(anyObject(definition, version), (object) => {
        for (const cell of definition.cells(object, now)) {
          expect(["string", "number", "boolean"]).toContain(typeof cell);
          expect(cell).not.toBeNaN();
        }
        for (const field of Object.values(definition.selectableFields ?? {}))
          expect(typeof field(object)).toBe("string");
      }),
      { numRuns: 25, endOnFailure: true },
    );
  });

  it.each(kinds)("of %s are defaulted, converted and validated", (_, definition, version) => {
    const { strategy } = definition;
    fc.assert(
      fc.property(anyObject(definition, version), (object) => {
        applyDefaults(object, version.schema());
        strategy.defaultObject?.(object);
        for (const { name } of definition.versions) {
          const other = definition.convert?.(structuredClone(object), name);
          if (other) definition.convert?.(other, version.name);
        }
        strategy.prepareForCreate?.(object);
        const errors = [...(strategy.validate?.(object) ?? []), ...(strategy.validateCreate?.(object) ?? [])];
        for (const { message } of errors) expect(message).not.toMatch(/undefined|NaN|\[object Object\]/);
      }),
      { numRuns: 25, endOnFailure: true },
    );
  });

  it("that Kubernetes accepts are printed as it prints them", () => {
    const event = { metadata: { name: "e", namespace: "default" }, reason: "Seen", message: "m" };
    expect(row("Event", event, now, "")).toMatchObject({ Object: "", Reason: "Seen", Message: "m" });
    const template = { spec: { containers: [{ name: "c", image: "i" }] } };
    expect(row("PodTemplate", { metadata: { name: "t" }, template }, now)).toMatchObject({ "Pod Labels": "<none>" });
    const status = { containerStatuses: [{ name: "c" }] };
    const pod = { metadata: { name: "p" }, spec: template.spec, status };
    expect(row("Pod", pod, now)).toMatchObject({ Ready: "0/1", Restarts: "0" });
  });

  it("stay as they are when their zero values are spelled out", () => {
    expect(updateFaults("PriorityClass", { metadata: { name: "p" }, value: 0 }, { metadata: { name: "p" } })).toEqual(
      [],
    );
  });
});
