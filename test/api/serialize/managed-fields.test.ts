import fc from "fast-check";
import { expect, test } from "vitest";
import { managedFieldsText, parseLean, withManagedFields } from "../../../src/api/serialize/managed-fields.ts";
import { templateOf } from "../../../src/api/serialize/template.ts";
import { entriesText } from "../../../src/machinery/apply/manager-entry.ts";

const nasty = fc.oneof(
  fc.string(),
  fc.constantFrom('}],"', '","managedFields":[{}],"', '},{"manager":"x"', '"metadata":{"resourceVersion":"'),
);

test("the list is found in the bytes, whatever stands in it and around it", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(nasty, nasty), { maxLength: 3 }), nasty, (owned, note) => {
      const managed = entriesText(
        owned.map(([manager, field]) => ({
          manager,
          operation: "Update",
          apiVersion: "v1",
          subresource: "",
          time: "2026-01-01T00:00:00Z",
          fields: JSON.stringify({ "f:data": { [`f:${field}`]: {} } }),
        })),
      );
      const metadata = { name: "x", annotations: { note }, uid: "u" };
      const object = { apiVersion: "v1", kind: "ConfigMap", metadata, data: { managedFields: note } };
      const { bytes, slot } = templateOf(object, managed);
      const stored = Buffer.concat([bytes.subarray(0, slot), Buffer.from("42"), bytes.subarray(slot)]);
      const lean = { ...object, metadata: { ...metadata, resourceVersion: "42" } };
      expect(managedFieldsText(stored)).toBe(managed);
      expect(parseLean(stored)).toEqual(lean);
      expect(JSON.parse(stored.toString("utf8"))).toEqual(withManagedFields(lean, managed));
    }),
  );
});

test("an object of next to nothing has no list", () => {
  const bytes = Buffer.from('{"apiVersion":"v1","kind":"X","metadata":{"resourceVersion":"1"}}');
  expect(managedFieldsText(bytes)).toBe("");
  expect(parseLean(bytes).metadata.resourceVersion).toBe("1");
});
