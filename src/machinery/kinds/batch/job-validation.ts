import { fieldForbidden, invalidValue, notSupported, required } from "../../status/field-errors.ts";
import type { Job, JobSpec } from "../../types/batch/v1.ts";
import { checkPodTemplate } from "../core/pod/validation/pod.ts";
import type { FieldError } from "../types.ts";
import { checkImmutable, checkNotNegative, checkOneOf, type Errors } from "../validation/checks.ts";
import { checkLabelSelector, selects } from "../validation/labels.ts";
import { sameJson } from "../validation/same-json.ts";

const modes = ["Indexed", "NonIndexed"];
const maxParallelIndexed = 100_000;

export function validateJob(job: Job): FieldError[] {
  const errors: Errors = [];
  const { spec } = job;
  if (spec === undefined) return errors;
  if (spec.selector === undefined) errors.push(required("spec.selector"));
  else checkLabelSelector(errors, "spec.selector", spec.selector);
  checkJobSpec(errors, "spec", spec);
  const labels = spec.template?.metadata?.labels ?? {};
  if (spec.selector !== undefined && !selects(spec.selector, labels)) {
    errors.push(invalidValue("spec.template.metadata.labels", labels, "`selector` does not match template `labels`"));
  }
  return errors;
}

/** What a Job and the template of a CronJob have in common. */
export function checkJobSpec(errors: Errors, path: string, spec: JobSpec): void {
  for (const field of [
    "parallelism",
    "completions",
    "activeDeadlineSeconds",
    "backoffLimit",
    "ttlSecondsAfterFinished",
    "backoffLimitPerIndex",
    "maxFailedIndexes",
  ] as const) {
    checkNotNegative(errors, `${path}.${field}`, spec[field]);
  }
  checkIndexed(errors, path, spec);
  if (spec.podReplacementPolicy !== undefined) {
    checkOneOf(errors, `${path}.podReplacementPolicy`, spec.podReplacementPolicy, ["Failed", "TerminatingOrFailed"]);
    if (spec.podFailurePolicy && spec.podReplacementPolicy === "TerminatingOrFailed") {
      errors.push(notSupported(`${path}.podReplacementPolicy`, spec.podReplacementPolicy, ["Failed"]));
    }
  }
  checkPodTemplate(errors, `${path}.template`, spec.template);
  const policy = spec.template?.spec?.restartPolicy;
  const at = `${path}.template.spec.restartPolicy`;
  if (policy === "Always") {
    errors.push(required(at, 'valid values: "OnFailure", "Never"'));
  } else if (policy !== "OnFailure" && policy !== "Never") {
    errors.push(notSupported(at, policy ?? "", ["OnFailure", "Never"]));
  } else if (spec.podFailurePolicy && policy !== "Never") {
    errors.push(invalidValue(at, policy, 'only "Never" is supported when podFailurePolicy is specified'));
  }
}

function checkIndexed(errors: Errors, path: string, spec: JobSpec): void {
  checkOneOf(errors, `${path}.completionMode`, spec.completionMode ?? "NonIndexed", modes);
  if (spec.completionMode === "Indexed") {
    if (spec.completions === undefined) {
      errors.push(required(`${path}.completions`, "when completion mode is Indexed"));
    }
    if ((spec.parallelism ?? 0) > maxParallelIndexed) {
      const reason = `must be less than or equal to ${maxParallelIndexed} when completion mode is Indexed`;
      errors.push(invalidValue(`${path}.parallelism`, spec.parallelism, reason));
    }
    return;
  }
  for (const field of ["backoffLimitPerIndex", "maxFailedIndexes", "successPolicy"] as const) {
    if (spec[field] !== undefined) {
      errors.push(invalidValue(`${path}.${field}`, spec[field], "requires indexed completion mode"));
    }
  }
}

export function validateJobUpdate(job: Job, old: Job): FieldError[] {
  const errors: Errors = [];
  const spec = job.spec;
  const before = old.spec;
  if (spec === undefined || before === undefined) return errors;
  const elastic = spec.completionMode === "Indexed" && spec.completions === spec.parallelism;
  if (!elastic) checkImmutable(errors, "spec.completions", spec.completions, before.completions);
  checkImmutable(errors, "spec.selector", spec.selector, before.selector);
  if (!sameJson(withoutScheduling(spec, before), before.template)) {
    checkImmutable(errors, "spec.template", spec.template, before.template);
  }
  checkImmutable(errors, "spec.completionMode", spec.completionMode, before.completionMode);
  checkImmutable(errors, "spec.podFailurePolicy", spec.podFailurePolicy, before.podFailurePolicy);
  checkImmutable(errors, "spec.backoffLimitPerIndex", spec.backoffLimitPerIndex, before.backoffLimitPerIndex);
  checkImmutable(errors, "spec.managedBy", spec.managedBy, before.managedBy);
  checkImmutable(errors, "spec.successPolicy", spec.successPolicy, before.successPolicy);
  return errors;
}

const schedulingFields = ["affinity", "nodeSelector", "tolerations", "schedulingGates"] as const;

/** While a job is suspended and was never started, where its pods may run can still change. */
function withoutScheduling(spec: JobSpec, before: JobSpec): JobSpec["template"] {
  if (before.suspend !== true || !spec.template?.spec || !before.template?.spec) return spec.template;
  const pods: Record<string, unknown> = { ...spec.template.spec };
  for (const field of schedulingFields) pods[field] = before.template.spec[field];
  return {
    ...spec.template,
    metadata: before.template.metadata,
    spec: pods as unknown as NonNullable<typeof spec.template.spec>,
  };
}

export function checkNoStatusRegression(job: Job, old: Job): FieldError[] {
  const finished = old.status?.conditions?.find(
    (condition) => (condition.type === "Complete" || condition.type === "Failed") && condition.status === "True",
  );
  if (finished === undefined) return [];
  const still = job.status?.conditions?.some(
    (condition) => condition.type === finished.type && condition.status === "True",
  );
  return still ? [] : [fieldForbidden("status.conditions", `cannot disable ${finished.type}=True condition`)];
}
