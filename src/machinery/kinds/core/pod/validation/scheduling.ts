import { dns1123Label, labelValueRule, qualifiedNameRule } from "../../../../meta/names.ts";
import { duplicate, fieldForbidden, invalidValue, notSupported, required } from "../../../../status/field-errors.ts";
import type {
  Affinity,
  NodeSelector,
  NodeSelectorTerm,
  PodAffinityTerm,
  Toleration,
  TopologySpreadConstraint,
} from "../../../../types/core/v1.ts";
import { checkOneOf, checkRule, type Errors } from "../../../validation/checks.ts";
import { checkLabelSelector } from "../../../validation/labels.ts";

const effects = ["NoSchedule", "PreferNoSchedule", "NoExecute"];

export function checkTolerations(errors: Errors, path: string, tolerations: readonly Toleration[] | undefined): void {
  for (const [i, { key, operator, value, effect, tolerationSeconds }] of (tolerations ?? []).entries()) {
    const at = `${path}[${i}]`;
    if (key) checkRule(errors, `${at}.key`, key, qualifiedNameRule);
    else if (operator !== "Exists") {
      errors.push(
        invalidValue(
          `${at}.operator`,
          operator ?? "",
          'operator must be Exists when `key` is empty, which means "match all values and all keys"',
        ),
      );
    }
    if (tolerationSeconds !== undefined && effect !== "NoExecute") {
      errors.push(
        invalidValue(`${at}.effect`, effect ?? "", "effect must be 'NoExecute' when `tolerationSeconds` is set"),
      );
    }
    switch (operator || "Equal") {
      case "Equal":
        if (labelValueRule(value ?? "").length > 0) {
          errors.push(invalidValue(`${at}.operator`, value ?? "", labelValueRule(value ?? "").join(";")));
        }
        break;
      case "Exists":
        if (value) {
          errors.push(
            invalidValue(
              `${at}.operator`,
              toleration(tolerations, i),
              "value must be empty when `operator` is 'Exists'",
            ),
          );
        }
        break;
      default:
        errors.push(notSupported(`${at}.operator`, operator, ["Equal", "Exists"]));
    }
    if (effect && !effects.includes(effect)) errors.push(notSupported(`${at}.effect`, effect, effects));
  }
}

function toleration(tolerations: readonly Toleration[] | undefined, index: number): Toleration | undefined {
  return tolerations?.[index];
}

export function checkAffinity(errors: Errors, path: string, affinity: Affinity): void {
  const node = affinity.nodeAffinity;
  if (node) {
    const at = `${path}.nodeAffinity`;
    const hard = node.requiredDuringSchedulingIgnoredDuringExecution;
    if (hard) checkNodeSelector(errors, `${at}.requiredDuringSchedulingIgnoredDuringExecution`, hard);
    for (const [i, soft] of (node.preferredDuringSchedulingIgnoredDuringExecution ?? []).entries()) {
      const here = `${at}.preferredDuringSchedulingIgnoredDuringExecution[${i}]`;
      checkWeight(errors, here, soft.weight);
      if (soft.preference) checkNodeSelectorTerm(errors, `${here}.preference`, soft.preference);
    }
  }
  for (const field of ["podAffinity", "podAntiAffinity"] as const) {
    const pods = affinity[field];
    if (pods === undefined) continue;
    const at = `${path}.${field}`;
    for (const [i, term] of (pods.requiredDuringSchedulingIgnoredDuringExecution ?? []).entries()) {
      checkPodAffinityTerm(errors, `${at}.requiredDuringSchedulingIgnoredDuringExecution[${i}]`, term);
    }
    for (const [i, soft] of (pods.preferredDuringSchedulingIgnoredDuringExecution ?? []).entries()) {
      const here = `${at}.preferredDuringSchedulingIgnoredDuringExecution[${i}]`;
      checkWeight(errors, here, soft.weight);
      if (soft.podAffinityTerm) checkPodAffinityTerm(errors, `${here}.podAffinityTerm`, soft.podAffinityTerm);
    }
  }
}

function checkWeight(errors: Errors, at: string, weight: number): void {
  if (!(weight >= 1 && weight <= 100)) errors.push(invalidValue(`${at}.weight`, weight, "must be in the range 1-100"));
}

export function checkNodeSelector(errors: Errors, path: string, selector: NodeSelector): void {
  if (!selector.nodeSelectorTerms?.length) {
    errors.push(required(`${path}.nodeSelectorTerms`, "must have at least one node selector term"));
    return;
  }
  for (const [i, term] of selector.nodeSelectorTerms.entries()) {
    checkNodeSelectorTerm(errors, `${path}.nodeSelectorTerms[${i}]`, term);
  }
}

function checkNodeSelectorTerm(errors: Errors, path: string, term: NodeSelectorTerm): void {
  for (const [i, { key, operator, values }] of (term.matchExpressions ?? []).entries()) {
    const at = `${path}.matchExpressions[${i}]`;
    const count = values?.length ?? 0;
    switch (operator) {
      case "In":
      case "NotIn":
        if (count === 0) errors.push(required(`${at}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
        break;
      case "Exists":
      case "DoesNotExist":
        if (count > 0) {
          errors.push(
            fieldForbidden(`${at}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"),
          );
        }
        break;
      case "Gt":
      case "Lt":
        if (count !== 1) {
          errors.push(required(`${at}.values`, "must be specified single value when `operator` is 'Lt' or 'Gt'"));
        }
        break;
      default:
        errors.push(invalidValue(`${at}.operator`, operator, "not a valid selector operator"));
    }
    checkRule(errors, `${at}.key`, key, qualifiedNameRule);
  }
  for (const [i, { key, operator, values }] of (term.matchFields ?? []).entries()) {
    const at = `${path}.matchFields[${i}]`;
    if (operator !== "In" && operator !== "NotIn") {
      errors.push(invalidValue(`${at}.operator`, operator, "not a valid selector operator"));
    } else if (values?.length !== 1) {
      errors.push(
        required(`${at}.values`, "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"),
      );
    }
    if (key !== "metadata.name") errors.push(invalidValue(`${at}.key`, key, "not a valid field selector key"));
  }
}

function checkPodAffinityTerm(errors: Errors, path: string, term: PodAffinityTerm): void {
  if (term.labelSelector) checkLabelSelector(errors, `${path}.labelSelector`, term.labelSelector);
  if (term.namespaceSelector) checkLabelSelector(errors, `${path}.namespaceSelector`, term.namespaceSelector);
  for (const [i, name] of (term.namespaces ?? []).entries()) {
    checkRule(errors, `${path}.namespaces[${i}]`, name, dns1123Label);
  }
  if (!term.topologyKey) errors.push(required(`${path}.topologyKey`, "can not be empty"));
  else checkRule(errors, `${path}.topologyKey`, term.topologyKey, qualifiedNameRule);
}

const actions = ["DoNotSchedule", "ScheduleAnyway"];
const policies = ["Honor", "Ignore"];

export function checkTopologySpread(
  errors: Errors,
  path: string,
  constraints: readonly TopologySpreadConstraint[] | undefined,
): void {
  const seen = new Set<string>();
  for (const [i, constraint] of (constraints ?? []).entries()) {
    const at = `${path}[${i}]`;
    if (!(constraint.maxSkew > 0))
      errors.push(invalidValue(`${at}.maxSkew`, constraint.maxSkew, "must be greater than zero"));
    if (!constraint.topologyKey) errors.push(required(`${at}.topologyKey`, "can not be empty"));
    else checkRule(errors, `${at}.topologyKey`, constraint.topologyKey, qualifiedNameRule);
    checkOneOf(errors, `${at}.whenUnsatisfiable`, constraint.whenUnsatisfiable, actions);
    const pair = `{${constraint.topologyKey}, ${constraint.whenUnsatisfiable}}`;
    if (seen.has(pair)) errors.push(duplicate(`${at}.{topologyKey, whenUnsatisfiable}`, pair));
    seen.add(pair);
    const { minDomains } = constraint;
    if (minDomains !== undefined) {
      if (minDomains <= 0) errors.push(invalidValue(`${at}.minDomains`, minDomains, "must be greater than zero"));
      if (constraint.whenUnsatisfiable !== "DoNotSchedule") {
        errors.push(
          invalidValue(
            `${at}.minDomains`,
            minDomains,
            `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${constraint.whenUnsatisfiable}`,
          ),
        );
      }
    }
    for (const field of ["nodeAffinityPolicy", "nodeTaintsPolicy"] as const) {
      const policy = constraint[field];
      if (policy !== undefined && !policies.includes(policy)) {
        errors.push(notSupported(`${at}.${field}`, policy, policies));
      }
    }
    if (constraint.labelSelector) checkLabelSelector(errors, `${at}.labelSelector`, constraint.labelSelector);
  }
}
