/** Nobody grants what he does not hold: checks on roles and bindings as pkg/registry/rbac has them, in its words. */
import type { UnstructuredObject } from "../../../machinery/meta/object.ts";
import { forbidden, notFound } from "../../../machinery/status/errors.ts";
import { goQuote } from "../../../machinery/status/go-format.ts";
import type { PolicyRule, RoleRef } from "../../../machinery/types/rbac/v1.ts";
import type { KindHooks } from "../../kinds/types.ts";
import type { Call } from "../../pipeline/types.ts";
import { equalJson } from "../../serialize/json.ts";
import { isPrivileged } from "../privileged.ts";
import type { RbacAuthorizer } from "./authorizer.ts";
import type { Policy } from "./policy.ts";
import { compactRules, describeRule, quoteList, uncoveredRules } from "./rule-coverage.ts";

const group = "rbac.authorization.k8s.io";
const fullAuthority: readonly PolicyRule[] = [
  { verbs: ["*"], apiGroups: ["*"], resources: ["*"] },
  { verbs: ["*"], nonResourceURLs: ["*"] },
];

export function escalationHooks(rbac: RbacAuthorizer, policy: Policy): [string, KindHooks][] {
  const roles = hooksOf((call, object, old) => checkRole(rbac, call, object, old));
  const bindings = hooksOf((call, object) => checkBinding(rbac, policy, call, object));
  return [
    [`clusterroles.${group}`, roles],
    [`roles.${group}`, roles],
    [`clusterrolebindings.${group}`, bindings],
    [`rolebindings.${group}`, bindings],
  ];
}

type Check = (call: Call, object: UnstructuredObject, old?: UnstructuredObject) => void;

function hooksOf(check: Check): KindHooks {
  return {
    beginCreate(call, object) {
      if (!isPrivileged(call.user)) check(call, object);
      return undefined;
    },
    beginUpdate(call, object, old) {
      if (!isPrivileged(call.user) && !changesOnlyOwnership(object, old)) check(call, object, old);
      return undefined;
    },
  };
}

/** What the garbage collector changes on its way to delete an object grants nothing. */
function changesOnlyOwnership(object: UnstructuredObject, old: UnstructuredObject): boolean {
  const { finalizers: _f, ownerReferences: _o, managedFields: _m, ...metadata } = object.metadata;
  const { finalizers: _of, ownerReferences: _oo, managedFields: _om, ...before } = old.metadata;
  return equalJson({ ...object, metadata }, { ...old, metadata: before });
}

function checkRole(rbac: RbacAuthorizer, call: Call, object: UnstructuredObject, old?: UnstructuredObject): void {
  const { user, resource, namespace, name } = call;
  const about = { group, resource: resource.resource, namespace, name };
  if (rbac.authorize({ user, verb: "escalate", path: "", ...about }).allowed) return;
  if (object.aggregationRule !== undefined || old?.aggregationRule !== undefined) {
    const { rules } = rbac.rulesFor(user, "");
    if (uncoveredRules(rules, fullAuthority).length > 0) {
      const why = "must have cluster-admin privileges to use the aggregationRule";
      throw forbidden(resource, nameOf(object), why);
    }
  }
  confirmHeld(rbac, call, object, rulesIn(object.rules));
}

function checkBinding(rbac: RbacAuthorizer, policy: Policy, call: Call, object: UnstructuredObject): void {
  const { user, namespace } = call;
  const roleRef = object.roleRef as RoleRef | undefined;
  // Validation, which comes after this, refuses what names no role.
  if (!roleRef?.name) return;
  const resource = roleRef.kind === "ClusterRole" ? "clusterroles" : "roles";
  const about = { group, resource, namespace, name: roleRef.name };
  if (rbac.authorize({ user, verb: "bind", path: "", ...about }).allowed) return;
  const grant = { roleKind: roleRef.kind, roleName: roleRef.name, namespace, reason: "" };
  const rules = policy.rulesOf(grant);
  if (rules === undefined) throw notFound({ group, resource }, roleRef.name);
  confirmHeld(rbac, call, object, rules);
}

function confirmHeld(
  rbac: RbacAuthorizer,
  { user, resource, namespace }: Call,
  object: UnstructuredObject,
  wanted: readonly PolicyRule[],
): void {
  const { rules, errors } = rbac.rulesFor(user, namespace);
  const missing = uncoveredRules(rules, wanted);
  if (missing.length === 0) return;
  const texts = [...new Set(compactRules(missing).map(describeRule))].sort();
  let why = `user ${goQuote(user.name)} (groups=${quoteList(user.groups)}) is attempting to grant RBAC permissions not currently held:\n${texts.join("\n")}`;
  if (errors.length > 0) why += `; resolution errors: [${errors.join(", ")}]`;
  throw forbidden(resource, nameOf(object), why);
}

function rulesIn(value: unknown): readonly PolicyRule[] {
  return Array.isArray(value) ? (value as PolicyRule[]) : [];
}

function nameOf({ metadata }: UnstructuredObject): string {
  return metadata.name ?? "";
}
