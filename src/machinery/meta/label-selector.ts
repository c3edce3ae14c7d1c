/** Validation of LabelSelector objects, as the specs of many kinds have them. */
import type { FieldError } from "../kinds/types.ts";
import { fieldForbidden, invalidValue, required } from "../status/field-errors.ts";
import type { LabelSelector } from "../types/meta/v1.ts";
import { qualifiedNameRule } from "./names.ts";
import { validateLabels } from "./object-meta.ts";

export function validateLabelSelector(selector: LabelSelector | undefined, path: string): FieldError[] {
  if (!selector) return [];
  const errors = validateLabels(selector.matchLabels, `${path}.matchLabels`);
  (selector.matchExpressions ?? []).forEach(({ key, operator, values = [] }, i) => {
    const at = `${path}.matchExpressions[${i}]`;
    if (operator === "In" || operator === "NotIn") {
      if (values.length === 0) {
        errors.push(required(`${at}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
      }
    } else if (operator === "Exists" || operator === "DoesNotExist") {
      if (values.length > 0) {
        const detail = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
        errors.push(fieldForbidden(`${at}.values`, detail));
      }
    } else errors.push(invalidValue(`${at}.operator`, operator ?? "", "not a valid selector operator"));
    for (const message of qualifiedNameRule(key ?? "")) errors.push(invalidValue(`${at}.key`, key ?? "", message));
  });
  return errors;
}
