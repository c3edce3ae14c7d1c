import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { RbacAuthorizer } from "../../../src/api/authz/rbac/authorizer.ts";
import { Policy, type PolicyKind } from "../../../src/api/authz/rbac/policy.ts";
import { grantsResource } from "../../../src/api/authz/rbac/rule-matching.ts";
import type { Attributes } from "../../../src/api/authz/types.ts";
import type { PolicyRule, Subject } from "../../../src/machinery/types/rbac/v1.ts";

const jane = { name: "jane", groups: ["devs", "system:authenticated"] };

function role(rules: readonly PolicyRule[]): object {
  return { metadata: {}, rules };
}

function binding(name: string, kind: string, roleName: string, subjects: readonly Subject[]): object {
  return { metadata: { name }, roleRef: { kind, name: roleName }, subjects };
}

const podReader: PolicyRule = { verbs: ["get", "list"], apiGroups: [""], resources: ["pods"] };
const getPod = (namespace: string, name = "p"): Attributes => ({
  user: jane,
  verb: "get",
  path: "",
  group: "",
  resource: "pods",
  namespace,
  name,
});

describe("RBAC", () => {
  test("a RoleBinding counts in its namespace alone, a ClusterRoleBinding everywhere", () => {
    const policy = new Policy();
    const rbac = new RbacAuthorizer(policy);
    expect(rbac.authorize(getPod("a"))).toEqual({ allowed: false });
    policy.set("clusterroles", "reader", role([podReader]));
    policy.set("rolebindings", "a/b", binding("b", "ClusterRole", "reader", [{ kind: "User", name: "jane" }]));
    expect(rbac.authorize(getPod("a"))).toEqual({
      allowed: true,
      reason: 'RBAC: allowed by RoleBinding "b/a" of ClusterRole "reader" to User "jane"',
    });
    expect(rbac.authorize(getPod("b")).allowed).toBe(false);
    policy.set(
      "clusterrolebindings",
      "all",
      binding("all", "ClusterRole", "reader", [{ kind: "Group", name: "devs" }]),
    );
    expect(rbac.authorize(getPod("b")).reason).toBe(
      'RBAC: allowed by ClusterRoleBinding "all" of ClusterRole "reader" to Group "devs"',
    );
    policy.set("clusterrolebindings", "all", undefined);
    policy.set("rolebindings", "a/b", undefined);
    expect(rbac.authorize(getPod("a")).allowed).toBe(false);
  });

  test("names of resources, service accounts, roles that are missing", () => {
    const policy = new Policy();
    const rbac = new RbacAuthorizer(policy);
    const account = { name: "system:serviceaccount:a:robot", groups: [] };
    policy.set("roles", "a/one", role([{ ...podReader, resourceNames: ["x"] }]));
    policy.set("rolebindings", "a/b", binding("b", "Role", "one", [{ kind: "ServiceAccount", name: "robot" }]));
    policy.set(
      "rolebindings",
      "a/c",
      binding("c", "Role", "gone", [{ kind: "ServiceAccount", name: "robot", namespace: "a" }]),
    );
    expect(rbac.authorize({ ...getPod("a", "x"), user: account }).reason).toBe(
      'RBAC: allowed by RoleBinding "b/a" of Role "one" to ServiceAccount "robot/a"',
    );
    expect(rbac.authorize({ ...getPod("a", "y"), user: account })).toEqual({
      allowed: false,
      reason: 'RBAC: role.rbac.authorization.k8s.io "gone" not found',
    });
    expect(rbac.authorize({ ...getPod("a", ""), verb: "list", user: account }).allowed).toBe(false);
  });

  test("it agrees with a search through all rules, whatever happens to the policy", () => {
    const ruleArb = fc.record({
      verbs: fc.uniqueArray(fc.constantFrom("get", "list", "*"), { minLength: 1 }),
      apiGroups: fc.uniqueArray(fc.constantFrom("", "apps", "*"), { minLength: 1 }),
      resources: fc.uniqueArray(fc.constantFrom("pods", "pods/log", "*", "*/log"), { minLength: 1 }),
    });
    const subjectArb: fc.Arbitrary<Subject> = fc.constantFrom(
      { kind: "User", name: "jane" },
      { kind: "User", name: "bob" },
      { kind: "Group", name: "devs" },
      { kind: "ServiceAccount", name: "robot", namespace: "a" },
    );
    const users = [jane, { name: "bob", groups: [] }, { name: "system:serviceaccount:a:robot", groups: ["devs"] }];
    const step = fc.oneof(
      fc.record({
        op: fc.constant("role" as const),
        name: fc.constantFrom("r", "s"),
        rules: fc.option(fc.array(ruleArb, { maxLength: 3 }), { nil: undefined }),
      }),
      fc.record({
        op: fc.constant("bind" as const),
        namespace: fc.constantFrom("", "a", "b"),
        name: fc.constantFrom("x", "y"),
        role: fc.constantFrom("r", "s"),
        subjects: fc.option(fc.array(subjectArb, { maxLength: 3 }), { nil: undefined }),
      }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        const policy = new Policy();
        const rbac = new RbacAuthorizer(policy);
        const roles = new Map<string, readonly PolicyRule[] | undefined>();
        const bound = new Map<string, { namespace: string; role: string; subjects: readonly Subject[] }>();
        for (const action of steps) {
          if (action.op === "role") {
            roles.set(action.name, action.rules);
            policy.set("clusterroles", action.name, action.rules && role(action.rules));
          } else {
            const { namespace, name, subjects } = action;
            const kind: PolicyKind = namespace === "" ? "clusterrolebindings" : "rolebindings";
            const key = namespace === "" ? name : `${namespace}/${name}`;
            if (subjects) bound.set(key, { namespace, role: action.role, subjects });
            else bound.delete(key);
            policy.set(kind, key, subjects && binding(name, "ClusterRole", action.role, subjects));
          }
          for (const user of users) {
            for (const namespace of ["", "a", "b"]) {
              for (const [group, resource, subresource] of [
                ["", "pods", ""],
                ["apps", "pods", "log"],
              ] as const) {
                const expected = [...bound.values()].some(
                  (entry) =>
                    (entry.namespace === "" || entry.namespace === namespace) &&
                    entry.subjects.some((subject) =>
                      subject.kind === "Group"
                        ? (user.groups as string[]).includes(subject.name)
                        : subject.kind === "User"
                          ? subject.name === user.name
                          : `system:serviceaccount:a:${subject.name}` === user.name,
                    ) &&
                    (roles.get(entry.role) ?? []).some((rule) =>
                      grantsResource(rule, "get", group, resource, subresource),
                    ),
                );
                const attributes = { user, verb: "get", path: "", group, resource, subresource, namespace, name: "n" };
                expect(rbac.authorize(attributes).allowed).toBe(expected);
              }
            }
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});
