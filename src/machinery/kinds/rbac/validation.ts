import { dns1123Subdomain, pathSegmentName } from "../../meta/names.ts";
import { invalidValue, notSupported, required } from "../../status/field-errors.ts";
import type { ClusterRole, PolicyRule, RoleBinding, Subject } from "../../types/rbac/v1.ts";
import type { FieldError } from "../types.ts";
import { checkImmutable, checkRule, type Errors } from "../validation/checks.ts";
import { checkLabelSelector } from "../validation/labels.ts";

const rbacGroup = "rbac.authorization.k8s.io";

export function validateRole(role: ClusterRole): FieldError[] {
  const errors: Errors = [];
  const clusterWide = role.kind === "ClusterRole";
  for (const [i, rule] of (role.rules ?? []).entries()) checkPolicyRule(errors, `rules[${i}]`, rule, clusterWide);
  const aggregation = role.aggregationRule;
  if (aggregation) {
    if (!aggregation.clusterRoleSelectors?.length) {
      errors.push(
        required(
          "aggregationRule.clusterRoleSelectors",
          "at least one clusterRoleSelector required if aggregationRule is non-nil",
        ),
      );
    }
    for (const [i, selector] of (aggregation.clusterRoleSelectors ?? []).entries()) {
      checkLabelSelector(errors, `aggregationRule.clusterRoleSelectors[${i}]`, selector);
    }
  }
  return errors;
}

function checkPolicyRule(errors: Errors, at: string, rule: PolicyRule, clusterWide: boolean): void {
  if (!rule.verbs?.length) errors.push(required(`${at}.verbs`, "verbs must contain at least one value"));
  if (rule.nonResourceURLs?.length) {
    if (!clusterWide) {
      errors.push(
        invalidValue(
          `${at}.nonResourceURLs`,
          rule.nonResourceURLs,
          "namespaced rules cannot apply to non-resource URLs",
        ),
      );
    }
    if (rule.apiGroups?.length || rule.resources?.length || rule.resourceNames?.length) {
      errors.push(
        invalidValue(
          `${at}.nonResourceURLs`,
          rule.nonResourceURLs,
          "rules cannot apply to both regular resources and non-resource URLs",
        ),
      );
    }
    return;
  }
  if (!rule.apiGroups?.length) {
    errors.push(required(`${at}.apiGroups`, "resource rules must supply at least one api group"));
  }
  if (!rule.resources?.length) {
    errors.push(required(`${at}.resources`, "resource rules must supply at least one resource"));
  }
}

export function validateBinding(binding: RoleBinding): FieldError[] {
  const errors: Errors = [];
  const { roleRef } = binding;
  if (roleRef?.apiGroup !== rbacGroup) {
    errors.push(notSupported("roleRef.apiGroup", roleRef?.apiGroup ?? "", [rbacGroup]));
  }
  const kinds = binding.kind === "ClusterRoleBinding" ? ["ClusterRole"] : ["Role", "ClusterRole"];
  if (!kinds.includes(roleRef?.kind ?? "")) errors.push(notSupported("roleRef.kind", roleRef?.kind ?? "", kinds));
  if (!roleRef?.name) errors.push(required("roleRef.name"));
  else checkRule(errors, "roleRef.name", roleRef.name, pathSegmentName);
  const clusterWide = binding.kind === "ClusterRoleBinding";
  for (const [i, subject] of (binding.subjects ?? []).entries()) {
    checkSubject(errors, `subjects[${i}]`, subject, clusterWide);
  }
  return errors;
}

function checkSubject(errors: Errors, at: string, subject: Subject, clusterWide: boolean): void {
  if (!subject.name) errors.push(required(`${at}.name`));
  switch (subject.kind) {
    case "ServiceAccount":
      if (subject.name) checkRule(errors, `${at}.name`, subject.name, dns1123Subdomain);
      if (subject.apiGroup) errors.push(notSupported(`${at}.apiGroup`, subject.apiGroup, [""]));
      if (clusterWide && !subject.namespace) errors.push(required(`${at}.namespace`));
      break;
    case "User":
    case "Group":
      if (subject.apiGroup !== rbacGroup)
        errors.push(notSupported(`${at}.apiGroup`, subject.apiGroup ?? "", [rbacGroup]));
      break;
    default:
      errors.push(notSupported(`${at}.kind`, subject.kind, ["ServiceAccount", "User", "Group"]));
  }
}

export function validateBindingUpdate(binding: RoleBinding, old: RoleBinding): FieldError[] {
  const errors: Errors = [];
  const message = "cannot change roleRef";
  checkImmutable(errors, "roleRef", binding.roleRef, old.roleRef);
  return errors.map((error) => ({ ...error, message: error.message.replace("field is immutable", message) }));
}
