/** The default roles and bindings as objects: what a cluster of 1.36 has before anybody grants anything. */
import type { PolicyRule, RoleBinding, Subject } from "../../../machinery/types/rbac/v1.ts";
import type { PolicyKind } from "../../authz/rbac/policy.ts";
import { clusterBindings, type NamespacedRole, namespacedRoles, systemAccount } from "./bindings.ts";
import { componentRoles } from "./component-roles.ts";
import { controllerRoles } from "./controller-roles.ts";
import { clusterConfigReaders, joinBindings, joinClusterRoles } from "./join-policy.ts";
import { aggregatedRoles, aggregateParts, userRoles } from "./user-roles.ts";

const group = "rbac.authorization.k8s.io";
const apiVersion = `${group}/v1`;
const prefix = "system:controller:";

export interface DefaultObject {
  readonly plural: PolicyKind;
  readonly namespace: string;
  readonly name: string;
  readonly object: object;
}

export function defaultPolicy(): DefaultObject[] {
  const objects: DefaultObject[] = [];
  const roles = { ...userRoles, ...componentRoles, ...joinClusterRoles };
  for (const [name, rules] of Object.entries(roles)) objects.push(clusterRole(name, { rules }));
  for (const name of ["view", "edit", "admin"] as const) objects.push(...aggregated(name));
  for (const [name, rules] of Object.entries(controllerRoles)) {
    objects.push(clusterRole(prefix + name, { rules }), clusterBinding(prefix + name, [systemAccount(name)]));
  }
  for (const [name, subjects] of Object.entries(clusterBindings)) objects.push(clusterBinding(name, subjects));
  for (const [name, { role, subjects }] of Object.entries(joinBindings)) {
    objects.push(clusterBinding(name, subjects, role));
  }
  for (const { namespace, name, rules, subjects, bindingName = name } of [
    ...namespacedRoles,
    { ...clusterConfigReaders, namespace: "kube-system" },
  ] satisfies NamespacedRole[]) {
    const role = { apiVersion, kind: "Role", metadata: { ...metadata(name), namespace }, rules };
    const binding = { ...bindingTo("Role", name, subjects), metadata: { ...metadata(bindingName), namespace } };
    objects.push({ plural: "roles", namespace, name, object: role });
    objects.push({ plural: "rolebindings", namespace, name: bindingName, object: { kind: "RoleBinding", ...binding } });
  }
  return objects;
}

/** The role that gathers, with what it will gather, and the part that is its own. */
function aggregated(name: "view" | "edit" | "admin"): DefaultObject[] {
  const { gathers, gatheredBy } = aggregatedRoles[name] ?? { gathers: name };
  const label = (target: string): Record<string, string> => ({ [`${group}/aggregate-to-${target}`]: "true" });
  const parts = { view: ["view"], edit: ["edit", "view"], admin: ["edit", "view", "admin"] } as const;
  return [
    clusterRole(`system:aggregate-to-${name}`, { rules: aggregateParts[name], labels: label(name) }),
    clusterRole(name, {
      rules: parts[name].flatMap((part) => aggregateParts[part]),
      labels: gatheredBy === undefined ? {} : label(gatheredBy),
      aggregationRule: { clusterRoleSelectors: [{ matchLabels: label(gathers) }] },
    }),
  ];
}

interface RoleParts {
  readonly rules: readonly PolicyRule[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly aggregationRule?: object;
}

function clusterRole(name: string, { rules, labels = {}, aggregationRule }: RoleParts): DefaultObject {
  const object = {
    apiVersion,
    kind: "ClusterRole",
    metadata: metadata(name, labels),
    rules,
    ...(aggregationRule === undefined ? {} : { aggregationRule }),
  };
  return { plural: "clusterroles", namespace: "", name, object };
}

function clusterBinding(name: string, subjects: readonly Subject[], role = name): DefaultObject {
  const object = { kind: "ClusterRoleBinding", ...bindingTo("ClusterRole", role, subjects), metadata: metadata(name) };
  return { plural: "clusterrolebindings", namespace: "", name, object };
}

function bindingTo(
  kind: string,
  name: string,
  subjects: readonly Subject[],
): Pick<RoleBinding, "apiVersion" | "roleRef" | "subjects"> {
  return {
    apiVersion,
    roleRef: { apiGroup: group, kind, name },
    ...(subjects.length === 0 ? {} : { subjects: [...subjects] }),
  };
}

function metadata(name: string, labels: Readonly<Record<string, string>> = {}): object {
  return {
    name,
    labels: { "kubernetes.io/bootstrapping": "rbac-defaults", ...labels },
    annotations: { "rbac.authorization.kubernetes.io/autoupdate": "true" },
  };
}
