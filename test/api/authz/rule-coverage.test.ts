import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compactRules, describeRule, uncoveredRules } from "../../../src/api/authz/rbac/rule-coverage.ts";
import { grantsPath, grantsResource } from "../../../src/api/authz/rbac/rule-matching.ts";
import type { PolicyRule } from "../../../src/machinery/types/rbac/v1.ts";

const verbs = ["get", "list", "create", "*"];
const groups = ["", "apps", "*"];
const resources = ["pods", "pods/log", "*/log", "deployments", "deployments/scale", "*"];
const names = ["a", "b"];
const some = (values: readonly string[]): fc.Arbitrary<string[]> =>
  fc.uniqueArray(fc.constantFrom(...values), { minLength: 1, maxLength: 3 });
const resourceRule: fc.Arbitrary<PolicyRule> = fc.record(
  { verbs: some(verbs), apiGroups: some(groups), resources: some(resources), resourceNames: some(names) },
  { requiredKeys: ["verbs", "apiGroups", "resources"] },
);

function allows(rules: readonly PolicyRule[], verb: string, group: string, resource: string, name: string): boolean {
  const [plural = "", subresource = ""] = resource.split("/");
  return rules.some(
    (rule) =>
      grantsResource(rule, verb, group, plural, subresource) &&
      (rule.resourceNames === undefined || rule.resourceNames.includes(name)),
  );
}

describe("matching (https://kubernetes.io/docs/reference/access-authn-authz/rbac/)", () => {
  test.each<[PolicyRule, string, string, string, string, boolean]>([
    [{ verbs: ["get"], apiGroups: [""], resources: ["pods"] }, "get", "", "pods", "", true],
    [{ verbs: ["get"], apiGroups: [""], resources: ["pods"] }, "get", "", "pods", "log", false],
    [{ verbs: ["get"], apiGroups: [""], resources: ["pods/log"] }, "get", "", "pods", "log", true],
    [{ verbs: ["get"], apiGroups: [""], resources: ["pods/log"] }, "get", "", "pods", "", false],
    [{ verbs: ["*"], apiGroups: ["*"], resources: ["*/scale"] }, "patch", "apps", "deployments", "scale", true],
    [{ verbs: ["*"], apiGroups: ["*"], resources: ["*/scale"] }, "patch", "apps", "deployments", "", false],
    [{ verbs: ["*"], apiGroups: ["*"], resources: ["*"] }, "patch", "apps", "deployments", "scale", true],
    [{ verbs: ["get"], apiGroups: ["apps"], resources: ["pods"] }, "get", "", "pods", "", false],
    [{ verbs: ["get"], nonResourceURLs: ["*"] }, "get", "", "pods", "", false],
  ])("%j: %s %s/%s/%s → %s", (rule, verb, group, resource, subresource, expected) => {
    expect(grantsResource(rule, verb, group, resource, subresource)).toBe(expected);
  });

  test.each<[string[], string, boolean]>([
    [["/apis/*"], "/apis/apps", true],
    [["/apis/*"], "/apis", false],
    [["/version"], "/version/", false],
    [["*"], "/anything", true],
    [["/a*b"], "/axb", false],
  ])("paths %j: %s → %s", (nonResourceURLs, path, expected) => {
    expect(grantsPath({ verbs: ["get"], nonResourceURLs }, "get", path)).toBe(expected);
    expect(grantsPath({ verbs: ["get"], nonResourceURLs }, "post", path)).toBe(false);
  });
});

describe("coverage", () => {
  test("what is covered allows nothing that the holder is not allowed", () => {
    fc.assert(
      fc.property(fc.array(resourceRule, { maxLength: 4 }), resourceRule, (held, wanted) => {
        fc.pre(uncoveredRules(held, [wanted]).length === 0);
        for (const verb of ["get", "list", "create", "delete"]) {
          for (const group of ["", "apps", "batch"]) {
            for (const resource of ["pods", "pods/log", "deployments/scale", "deployments/log", "jobs"]) {
              for (const name of ["a", "b", "c"]) {
                if (allows([wanted], verb, group, resource, name)) {
                  expect(allows(held, verb, group, resource, name)).toBe(true);
                }
              }
            }
          }
        }
      }),
      { numRuns: 2000 },
    );
  });

  test("everybody covers himself, and * covers all", () => {
    fc.assert(
      fc.property(fc.array(resourceRule, { maxLength: 4 }), (rules) => {
        expect(uncoveredRules(rules, rules)).toEqual([]);
        expect(uncoveredRules([{ verbs: ["*"], apiGroups: ["*"], resources: ["*"] }], rules)).toEqual([]);
      }),
    );
  });

  test("what is missing is told as kube-apiserver tells it", () => {
    const wanted = [
      { verbs: ["list", "get"], apiGroups: [""], resources: ["secrets", "pods"] },
      { verbs: ["get"], nonResourceURLs: ["/metrics"] },
    ];
    const missing = compactRules(uncoveredRules([{ verbs: ["get"], apiGroups: [""], resources: ["pods"] }], wanted));
    expect(missing.map(describeRule).sort()).toEqual([
      '{APIGroups:[""], Resources:["pods"], Verbs:["list"]}',
      '{APIGroups:[""], Resources:["secrets"], Verbs:["list" "get"]}',
      '{NonResourceURLs:["/metrics"], Verbs:["get"]}',
    ]);
  });
});
