import type { RoleBinding, Subject } from "../../types/rbac/v1.ts";
import { age, ageColumn, column, nameColumn, table, wide } from "../columns.ts";
import { strategyFor } from "../strategy-for.ts";
import { validateBinding, validateBindingUpdate } from "./validation.ts";

const rbacGroup = "rbac.authorization.k8s.io";

export const bindingStrategy = strategyFor<RoleBinding>({
  nameRule: "path-segment",
  allowCreateOnUpdate: true,
  hasGeneration: false,
  validate: validateBinding,
  validateUpdate: validateBindingUpdate,
  defaultObject(binding) {
    if (binding.roleRef) binding.roleRef.apiGroup ||= rbacGroup;
    for (const subject of binding.subjects ?? []) {
      if (subject.kind === "User" || subject.kind === "Group") subject.apiGroup ||= rbacGroup;
    }
  },
});

export const bindingTable = table<RoleBinding>(
  [
    nameColumn,
    column(
      "Role",
      "string",
      "RoleRef can reference a Role in the current namespace or a ClusterRole in the global namespace. If the RoleRef cannot be resolved, the Authorizer must return an error. This field is immutable.",
    ),
    ageColumn,
    wide("Users", "string", "Users in the roleBinding"),
    wide("Groups", "string", "Groups in the roleBinding"),
    wide("ServiceAccounts", "string", "ServiceAccounts in the roleBinding"),
  ],
  (binding, now) => [
    binding.metadata.name,
    `${binding.roleRef?.kind ?? ""}/${binding.roleRef?.name ?? ""}`,
    age(binding, now),
    subjects(binding, "User"),
    subjects(binding, "Group"),
    subjects(binding, "ServiceAccount"),
  ],
);

function subjects(binding: RoleBinding, kind: Subject["kind"]): string {
  return (binding.subjects ?? [])
    .filter((subject) => subject.kind === kind)
    .map((subject) =>
      kind === "ServiceAccount" && subject.namespace ? `${subject.namespace}/${subject.name}` : subject.name,
    )
    .join(", ");
}
