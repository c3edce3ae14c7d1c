import { labelValueRule, qualifiedNameRule } from "../../meta/names.ts";
import { fieldForbidden, invalidValue, required, tooLong } from "../../status/field-errors.ts";
import type { LabelSelector } from "../../types/meta/v1.ts";
import { checkRule, type Errors } from "./checks.ts";

type Labels = Readonly<Record<string, string>>;

export function checkLabels(errors: Errors, path: string, labels: Labels | undefined): void {
  for (const key in labels) {
    checkRule(errors, path, key, qualifiedNameRule);
    checkRule(errors, path, labels[key] ?? "", labelValueRule);
  }
}

const maxAnnotationBytes = 256 * 1024;

export function checkAnnotations(errors: Errors, path: string, annotations: Labels | undefined): void {
  let size = 0;
  for (const key in annotations) {
    checkRule(errors, path, key.toLowerCase(), qualifiedNameRule);
    size += Buffer.byteLength(key) + Buffer.byteLength(annotations[key] ?? "");
  }
  if (size > maxAnnotationBytes) errors.push(tooLong(path, maxAnnotationBytes));
}

/** metav1.LabelSelector: keys, operators and how many values each takes. */
export function checkLabelSelector(errors: Errors, path: string, selector: LabelSelector | undefined): void {
  checkLabels(errors, `${path}.matchLabels`, selector?.matchLabels);
  for (const [index, { key, operator, values }] of (selector?.matchExpressions ?? []).entries()) {
    const at = `${path}.matchExpressions[${index}]`;
    const count = values?.length ?? 0;
    switch (operator) {
      case "In":
      case "NotIn":
        if (count === 0) {
          errors.push(required(`${at}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
        }
        break;
      case "Exists":
      case "DoesNotExist":
        if (count > 0) {
          errors.push(
            fieldForbidden(`${at}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"),
          );
        }
        break;
      default:
        errors.push(invalidValue(`${at}.operator`, operator, "not a valid selector operator"));
    }
    checkRule(errors, `${at}.key`, key, qualifiedNameRule);
    for (const [i, value] of (values ?? []).entries()) checkRule(errors, `${at}.values[${i}]`, value, labelValueRule);
  }
}

export function isEmptySelector(selector: LabelSelector | undefined): boolean {
  return Object.keys(selector?.matchLabels ?? {}).length === 0 && (selector?.matchExpressions ?? []).length === 0;
}

/** Whether a selector picks these labels. One with a bad operator picks nothing. */
export function selects(selector: LabelSelector, labels: Labels): boolean {
  for (const [key, value] of Object.entries(selector.matchLabels ?? {})) if (labels[key] !== value) return false;
  return (selector.matchExpressions ?? []).every(({ key, operator, values }) => {
    const value = labels[key];
    switch (operator) {
      case "In":
        return value !== undefined && (values ?? []).includes(value);
      case "NotIn":
        return value === undefined || !(values ?? []).includes(value);
      case "Exists":
        return value !== undefined;
      case "DoesNotExist":
        return value === undefined;
      default:
        return false;
    }
  });
}
