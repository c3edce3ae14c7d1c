/** What the specs of workloads share: a selector that must pick the template's labels, and pods that restart for ever. */
import { fieldForbidden, invalidValue, notSupported, required } from "../../status/field-errors.ts";
import type { PodTemplateSpec } from "../../types/core/v1.ts";
import type { IntOrString } from "../../types/meta/intstr.ts";
import type { LabelSelector } from "../../types/meta/v1.ts";
import { checkPodTemplate } from "../core/pod/validation/pod.ts";
import { checkIntOrPercent, type Errors } from "../validation/checks.ts";
import { checkLabelSelector, isEmptySelector, selects } from "../validation/labels.ts";
import { percentOf } from "./int-or-percent.ts";

/** `kind` as the messages call it: "deployment". */
export function checkSelector(errors: Errors, selector: LabelSelector | undefined, kind: string): void {
  if (selector === undefined) {
    errors.push(required("spec.selector"));
    return;
  }
  checkLabelSelector(errors, "spec.selector", selector);
  if (isEmptySelector(selector)) {
    errors.push(invalidValue("spec.selector", selector, `empty selector is invalid for ${kind}`));
  }
}

/** `owner` as the messages call it: "ReplicaSet". */
export function checkTemplate(
  errors: Errors,
  template: PodTemplateSpec | undefined,
  selector: LabelSelector | undefined,
  owner: string,
): void {
  const path = "spec.template";
  if (template === undefined) {
    errors.push(required(path));
    return;
  }
  const labels = template.metadata?.labels ?? {};
  if (selector !== undefined && !isEmptySelector(selector) && !selects(selector, labels)) {
    errors.push(invalidValue(`${path}.metadata.labels`, labels, "`selector` does not match template `labels`"));
  }
  checkPodTemplate(errors, path, template);
  const { spec } = template;
  if (spec?.restartPolicy !== undefined && spec.restartPolicy !== "Always") {
    errors.push(notSupported(`${path}.spec.restartPolicy`, spec.restartPolicy, ["Always"]));
  }
  if (spec?.activeDeadlineSeconds !== undefined) {
    errors.push(
      fieldForbidden(`${path}.spec.activeDeadlineSeconds`, `activeDeadlineSeconds in ${owner} is not Supported`),
    );
  }
}

export function checkNotOverAll(errors: Errors, path: string, value: IntOrString | undefined): void {
  const percent = value === undefined ? undefined : percentOf(value);
  if (percent !== undefined && percent > 100) errors.push(invalidValue(path, value, "must not be greater than 100%"));
}

/** A rolling update that may neither add nor take away a pod would never move. */
export function checkRollingBounds(
  errors: Errors,
  path: string,
  maxUnavailable: IntOrString | undefined,
  maxSurge: IntOrString | undefined,
): void {
  checkIntOrPercent(errors, `${path}.maxUnavailable`, maxUnavailable);
  checkIntOrPercent(errors, `${path}.maxSurge`, maxSurge);
  if (isZero(maxUnavailable) && isZero(maxSurge)) {
    errors.push(invalidValue(`${path}.maxUnavailable`, maxUnavailable ?? 0, "may not be 0 when `maxSurge` is 0"));
  }
  checkNotOverAll(errors, `${path}.maxUnavailable`, maxUnavailable);
}

function isZero(value: IntOrString | undefined): boolean {
  return value === undefined || value === 0 || (typeof value === "string" && percentOf(value) === 0);
}
