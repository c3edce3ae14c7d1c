import { fieldForbidden } from "../../../../status/field-errors.ts";
import type { Pod, PodTemplateSpec } from "../../../../types/core/v1.ts";
import type { FieldError } from "../../../types.ts";
import type { Errors } from "../../../validation/checks.ts";
import { checkAnnotations, checkLabels } from "../../../validation/labels.ts";
import { checkPodSpec } from "./pod-spec.ts";

export function validatePod(pod: Pod): FieldError[] {
  const errors: Errors = [];
  if (pod.spec) checkPodSpec(errors, "spec", pod.spec);
  return errors;
}

export function validateNewPod(pod: Pod): FieldError[] {
  if (!pod.spec?.ephemeralContainers?.length) return [];
  return [fieldForbidden("spec.ephemeralContainers", "cannot be set on create")];
}

/** ValidatePodTemplateSpec: a workload's template at `path` ("spec.template"). */
export function checkPodTemplate(errors: Errors, path: string, template: PodTemplateSpec | undefined): void {
  if (template?.metadata) {
    checkLabels(errors, `${path}.labels`, template.metadata.labels);
    checkAnnotations(errors, `${path}.annotations`, template.metadata.annotations);
  }
  checkPodSpec(errors, `${path}.spec`, template?.spec ?? { containers: [] });
  if (template?.spec?.ephemeralContainers?.length) {
    errors.push(fieldForbidden(`${path}.spec.ephemeralContainers`, "ephemeral containers not allowed in pod template"));
  }
}
