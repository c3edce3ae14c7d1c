import { describe, expect, test } from "vitest";
import { aggregatedRules } from "../../../src/api/authz/rbac/aggregation.ts";
import { defaultPolicy } from "../../../src/api/bootstrap/rbac/default-policy.ts";
import { reconciled } from "../../../src/api/bootstrap/rbac/reconcile.ts";
import { controllers } from "../../../src/ctrl/registry.ts";
import type { UnstructuredObject } from "../../../src/machinery/meta/object.ts";
import type { ClusterRole } from "../../../src/machinery/types/rbac/v1.ts";

const all = defaultPolicy();

describe("the default policy", () => {
  test("every controller has a role and a binding of its own", () => {
    for (const { serviceAccount } of controllers) {
      const name = `system:controller:${serviceAccount}`;
      const kinds = all.filter((object) => object.name === name).map(({ plural }) => plural);
      // The token cleaner has business in kube-system alone.
      expect(kinds).toEqual(
        serviceAccount === "token-cleaner" ? ["roles", "rolebindings"] : ["clusterroles", "clusterrolebindings"],
      );
    }
  });

  test("every binding is to a role that is there, and no name comes twice", () => {
    const keys = all.map(({ plural, namespace, name }) => `${plural}/${namespace}/${name}`);
    expect(new Set(keys).size).toBe(keys.length);
    for (const { plural, namespace, object } of all) {
      if (!plural.endsWith("bindings")) continue;
      const { roleRef } = object as { roleRef: { kind: string; name: string } };
      const target = roleRef.kind === "Role" ? `roles/${namespace}/` : "clusterroles//";
      expect(keys).toContain(target + roleRef.name);
    }
  });

  test("admin, edit and view are made with what they gather", () => {
    const roles = all.filter(({ plural }) => plural === "clusterroles").map(({ object }) => object as ClusterRole);
    for (const role of roles.filter(({ aggregationRule }) => aggregationRule)) {
      expect(role.rules).toEqual(aggregatedRules(role, roles));
    }
  });
});

describe("reconciliation", () => {
  const wanted = {
    metadata: { name: "r", labels: { l: "1" } },
    rules: [{ verbs: ["get", "list"], apiGroups: [""], resources: ["pods"] }],
  } as unknown as UnstructuredObject;

  test("what is whole is left alone, also with more rights and other labels", () => {
    const existing = {
      metadata: { name: "r", labels: { l: "2", mine: "x" }, annotations: {} },
      rules: [{ verbs: ["*"], apiGroups: ["*"], resources: ["*"] }],
    } as unknown as UnstructuredObject;
    expect(reconciled(existing, wanted)).toBeUndefined();
  });

  test("missing rights and labels are added, nothing is taken away", () => {
    const own = { verbs: ["get"], apiGroups: [""], resources: ["pods", "nodes"] };
    const existing = { metadata: { name: "r", annotations: {} }, rules: [own] } as unknown as UnstructuredObject;
    const changed = reconciled(existing, wanted);
    expect(changed?.metadata.labels).toEqual({ l: "1" });
    expect(changed?.rules).toEqual([own, { verbs: ["list"], apiGroups: [""], resources: ["pods"] }]);
  });
});
