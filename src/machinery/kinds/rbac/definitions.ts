import { defineGroup } from "../define.ts";
import type { ResourceDefinition } from "../types.ts";
import { bindingStrategy, bindingTable } from "./binding.ts";
import { roleStrategy, roleTable } from "./role.ts";

export const rbacDefinitions: readonly ResourceDefinition[] = defineGroup(
  "rbac.authorization.k8s.io",
  "k8s.io/api/rbac",
  [
    {
      kind: "ClusterRoleBinding",
      plural: "clusterrolebindings",
      scope: "Cluster",
      strategy: bindingStrategy,
      table: bindingTable,
    },
    { kind: "ClusterRole", plural: "clusterroles", scope: "Cluster", strategy: roleStrategy, table: roleTable },
    { kind: "RoleBinding", plural: "rolebindings", strategy: bindingStrategy, table: bindingTable },
    { kind: "Role", plural: "roles", strategy: roleStrategy, table: roleTable },
  ],
);
