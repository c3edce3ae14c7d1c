import { describe, expect, it } from "vitest";
import { Sheet } from "../../src/cli/describe/sheet.ts";
import { parseDuration } from "../../src/cli/duration.ts";
import { customColumnsPrinter } from "../../src/cli/print/custom-columns.ts";
import { toJson, toName, toYaml, withoutManagedFields } from "../../src/cli/print/object.ts";
import { alignRows, tableRows } from "../../src/cli/print/table.ts";
import type { Table } from "../../src/machinery/types/meta/v1.ts";

const column = (name: string, priority = 0) => ({ name, type: "string", format: "", description: "", priority });
const table = {
  metadata: {},
  columnDefinitions: [column("Name"), column("Ready"), column("Node", 1)],
  rows: [
    { cells: ["web", 1, "n1"], object: { metadata: { name: "web", namespace: "default", labels: { app: "web" } } } },
    { cells: ["a-longer-name", true, null], object: { metadata: { name: "a-longer-name", namespace: "x" } } },
  ],
} as unknown as Table;
const plain = { wide: false, noHeaders: false, showNamespace: false, showLabels: false, labelColumns: [] };

describe("tables", () => {
  it("pads with three spaces and leaves the last column alone", () => {
    expect(alignRows(tableRows(table, plain))).toBe("NAME            READY\nweb             1\na-longer-name   true\n");
  });

  it("shows wide columns, namespaces, labels and kinds when asked", () => {
    const rows = tableRows(table, {
      ...plain,
      wide: true,
      showNamespace: true,
      showLabels: true,
      labelColumns: ["x.io/app", "app"],
      kindPrefix: "pod",
    });
    expect(rows).toEqual([
      ["NAMESPACE", "NAME", "READY", "NODE", "APP", "APP", "LABELS"],
      ["default", "pod/web", "1", "n1", "", "web", "app=web"],
      ["x", "pod/a-longer-name", "true", "<none>", "", "", "<none>"],
    ]);
  });
});

describe("objects", () => {
  const object = {
    kind: "Deployment",
    apiVersion: "apps/v1",
    metadata: { name: "web", managedFields: [{}] },
    spec: { b: 1, a: "yes", list: [1] },
  };

  it("come out with sorted keys", () => {
    expect(toJson({ b: 1, a: { d: 1, c: 2 } })).toBe(
      '{\n    "a": {\n        "c": 2,\n        "d": 1\n    },\n    "b": 1\n}\n',
    );
    expect(toYaml(withoutManagedFields(object))).toBe(
      'apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  a: "yes"\n  b: 1\n  list:\n  - 1\n',
    );
    expect(toName(object)).toBe("deployment.apps/web\n");
  });

  it("fill custom columns", () => {
    const print = customColumnsPrinter("NAME:.metadata.name,B:.spec.b,NONE:.x", { fromFile: false, noHeaders: false });
    expect(print(object)).toBe("NAME   B     NONE\nweb    1     <none>\n");
  });
});

describe("describe sheets", () => {
  it("align as Go's tabwriter does: by runs of lines that have the column", () => {
    const sheet = new Sheet();
    sheet.line("Name:", "web").line("Namespace:", "default");
    sheet.section("Limits", () => sheet.line("memory:", "1Gi"));
    sheet.line("Ready:", "True");
    expect(String(sheet)).toBe("Name:       web\nNamespace:  default\nLimits:\n  memory:  1Gi\nReady:     True\n");
  });
});

describe("durations", () => {
  it.each([
    ["0", 0],
    ["30s", 30_000],
    ["1h30m", 5_400_000],
    ["1.5s", 1500],
    ["300ms", 300],
    ["-1s", -1000],
  ])("%s", (text, milliseconds) => expect(parseDuration(text)).toBe(milliseconds));

  it.each(["", "5", "1x", "s"])("refuses %s", (text) => expect(parseDuration(text)).toBeUndefined());
});
