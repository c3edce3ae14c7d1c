import { labelValueRule, qualifiedNameRule } from "../../../meta/names.ts";
import { duplicate, fieldForbidden, notSupported, required } from "../../../status/field-errors.ts";
import type { Node, Taint } from "../../../types/core/v1.ts";
import type { FieldError } from "../../types.ts";
import { checkRule, type Errors } from "../../validation/checks.ts";
import { checkCidr } from "../../validation/ip.ts";
import { checkResourceList } from "../../validation/resources.ts";
import { sameJson } from "../../validation/same-json.ts";

const effects = ["NoSchedule", "PreferNoSchedule", "NoExecute"];

export function validateNode(node: Node): FieldError[] {
  const errors: Errors = [];
  checkTaints(errors, node.spec?.taints);
  for (const [i, cidr] of (node.spec?.podCIDRs ?? []).entries()) checkCidr(errors, `spec.podCIDRs[${i}]`, cidr);
  checkResourceList(errors, "status.capacity", node.status?.capacity);
  checkResourceList(errors, "status.allocatable", node.status?.allocatable);
  return errors;
}

function checkTaints(errors: Errors, taints: readonly Taint[] | undefined): void {
  const seen = new Set<string>();
  for (const [i, taint] of (taints ?? []).entries()) {
    const at = `spec.taints[${i}]`;
    checkRule(errors, `${at}.key`, taint.key, qualifiedNameRule);
    checkRule(errors, `${at}.value`, taint.value ?? "", labelValueRule);
    if (!taint.effect) errors.push(required(`${at}.effect`));
    else if (!effects.includes(taint.effect)) errors.push(notSupported(`${at}.effect`, taint.effect, effects));
    const key = `${taint.key}:${taint.effect}`;
    if (seen.has(key))
      errors.push({
        ...duplicate(at, taint),
        message: `${duplicate(at, taint).message}: taints must be unique by key and effect pair`,
      });
    seen.add(key);
  }
}

export function validateNodeUpdate(node: Node, old: Node): FieldError[] {
  const errors: Errors = [];
  const addresses = new Set<string>();
  for (const [i, address] of (node.status?.addresses ?? []).entries()) {
    const key = `${address.type}/${address.address}`;
    if (addresses.has(key)) errors.push(duplicate(`status.addresses[${i}]`, address));
    addresses.add(key);
  }
  const before = old.spec?.podCIDRs ?? [];
  if (before.length > 0 && !sameJson(node.spec?.podCIDRs ?? [], before)) {
    errors.push(fieldForbidden("spec.podCIDRs", 'node updates may not change podCIDR except from "" to valid'));
  }
  if (old.spec?.providerID && node.spec?.providerID !== old.spec.providerID) {
    errors.push(fieldForbidden("spec.providerID", 'node updates may not change providerID except from "" to valid'));
  }
  return errors;
}
