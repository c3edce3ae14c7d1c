import { describe, expect, it } from "vitest";
import { columnDefinitions, partialObjectMetadataList, tableOf, tableRow } from "../../../src/machinery/table/table.ts";

const source = {
  columns: [{ name: "Name", type: "string", format: "name", description: "d", priority: 0 } as const],
  cells: (object: { metadata: { name?: string } }) => [object.metadata.name],
};
const object = { apiVersion: "v1", kind: "Pod", metadata: { name: "a" }, spec: {} };

describe("tableOf", () => {
  it.each([
    ["None", { cells: ["a"] }],
    ["Object", { cells: ["a"], object }],
    [
      "Metadata",
      {
        cells: ["a"],
        object: { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata: { name: "a" } },
      },
    ],
  ] as const)("with %s of each object", (include, row) => {
    expect(tableOf(source, [object], { include, now: 0, metadata: { resourceVersion: "7" } })).toEqual({
      kind: "Table",
      apiVersion: "meta.k8s.io/v1",
      metadata: { resourceVersion: "7" },
      columnDefinitions: [{ name: "Name", type: "string", format: "name", description: "d", priority: 0 }],
      rows: [row],
    });
  });
  it("gives its parts, for lists that are streamed", () => {
    expect(columnDefinitions(source)).toBe(columnDefinitions(source));
    expect(tableRow(source, object, "None", 0)).toEqual({ cells: ["a"] });
  });
  it("leaves the headers out when told", () => {
    const table = tableOf(source, [], { include: "None", now: 0, metadata: {}, headers: false });
    expect(table.columnDefinitions).toEqual([]);
  });
});

describe("partialObjectMetadataList", () => {
  it("has only metadata", () => {
    expect(partialObjectMetadataList([object], { resourceVersion: "1" }).items).toEqual([
      { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata: { name: "a" } },
    ]);
  });
});
