import { describe, expect, it } from "vitest";
import { evaluateTemplate } from "../../src/cli/print/jsonpath/evaluate.ts";
import { parseRelaxedPath, parseTemplate } from "../../src/cli/print/jsonpath/parse.ts";
import { compileSortBy } from "../../src/cli/print/sort-by.ts";

// The document and the table of https://kubernetes.io/docs/reference/kubectl/jsonpath/
const document = {
  kind: "List",
  items: [
    {
      kind: "None",
      metadata: { name: "127.0.0.1", labels: { "kubernetes.io/hostname": "127.0.0.1" } },
      status: { capacity: { cpu: "4" }, addresses: [{ type: "LegacyHostIP", address: "127.0.0.1" }] },
    },
    {
      kind: "None",
      metadata: { name: "127.0.0.2" },
      status: {
        capacity: { cpu: "8" },
        addresses: [
          { type: "LegacyHostIP", address: "127.0.0.2" },
          { type: "another", address: "127.0.0.3" },
        ],
      },
    },
  ],
  users: [
    { name: "myself", user: {} },
    { name: "e2e", user: { username: "admin", password: "secret" } },
  ],
  count: 3,
};

const evaluate = (template: string, lenient = true): string =>
  evaluateTemplate(parseTemplate(template), document, { allowMissingKeys: lenient });

describe("JSONPath templates", () => {
  it.each([
    ["kind is {.kind}", "kind is List"],
    ["{.kind}", "List"],
    ["{['kind']}", "List"],
    ["{.users[0].name}", "myself"],
    ["{.users[-1].name}", "e2e"],
    ["{..name}", "127.0.0.1 127.0.0.2 myself e2e"],
    ["{.items[*].metadata.name}", "127.0.0.1 127.0.0.2"],
    ["{.items[0]['metadata']['name']}", "127.0.0.1"],
    ["{.items[*]['metadata.name', 'status.capacity']}", ""],
    ['{.users[?(@.name=="e2e")].user.password}', "secret"],
    ["{.items[?(@.status.capacity.cpu>='8')].metadata.name}", "127.0.0.2"],
    ["{range .items[*]}[{.metadata.name}, {.status.capacity.cpu}] {end}", "[127.0.0.1, 4] [127.0.0.2, 8] "],
    ["{.items[0].metadata.labels.kubernetes\\.io/hostname}", "127.0.0.1"],
    [
      '{range .items[*]}{.metadata.name}{"\\t"}{.status.addresses[0].address}{"\\n"}{end}',
      "127.0.0.1\t127.0.0.1\n127.0.0.2\t127.0.0.2\n",
    ],
    ["{.items[0:1].metadata.name}", "127.0.0.1"],
    ["{.items[*].status.addresses[?(@.type)].address}", "127.0.0.1 127.0.0.2 127.0.0.3"],
    ["{.users[1].user}", '{"username":"admin","password":"secret"}'],
    ["{.count}", "3"],
    ["{.missing.deeper}", ""],
  ])("%s", (template, expected) => {
    expect(evaluate(template)).toBe(expected);
  });

  it("names a missing key where that is an error", () => {
    expect(() => evaluate("{.missing}", false)).toThrow("missing is not found");
  });

  it.each([["{.kind"], ["{range .items[*]}{.kind}"], ["{.items[?(@.a==1}"], ["{'open}"], ["{end}"]])(
    "refuses %s",
    (template) => {
      expect(() => parseTemplate(template)).toThrow();
    },
  );

  it("takes paths without braces or dots where kubectl does", () => {
    for (const path of ["metadata.name", ".metadata.name", "{.metadata.name}"]) {
      expect(evaluateTemplate(parseRelaxedPath(path), document.items[1], { allowMissingKeys: true })).toBe("127.0.0.2");
    }
  });

  it("sorts numbers as numbers, and what lacks the field first", () => {
    const items = [{ n: 10 }, { n: 9 }, {}, { n: 100 }];
    expect([...items].sort(compileSortBy(".n"))).toEqual([{}, { n: 9 }, { n: 10 }, { n: 100 }]);
  });
});
