import { pathSegmentName } from "../../meta/names.ts";
import { readQuantity } from "../../quantity/read.ts";
import { fieldForbidden, invalidValue, notSupported, required } from "../../status/field-errors.ts";
import type { HorizontalPodAutoscaler, HPAScalingRules, MetricSpec, MetricTarget } from "../../types/autoscaling/v2.ts";
import type { FieldError } from "../types.ts";
import { checkOneOf, checkRule, type Errors } from "../validation/checks.ts";

const sources = ["ContainerResource", "External", "Object", "Pods", "Resource"];
const fieldOf: Readonly<Record<string, keyof MetricSpec>> = {
  ContainerResource: "containerResource",
  External: "external",
  Object: "object",
  Pods: "pods",
  Resource: "resource",
};

export function validateAutoscaler({ spec }: HorizontalPodAutoscaler): FieldError[] {
  const errors: Errors = [];
  const min = spec?.minReplicas;
  const max = spec?.maxReplicas ?? 0;
  if (min !== undefined && min < 1) {
    errors.push(invalidValue("spec.minReplicas", min, "must be greater than or equal to 1"));
  }
  if (max < 1) errors.push(invalidValue("spec.maxReplicas", max, "must be greater than 0"));
  if (min !== undefined && max < min) {
    errors.push(invalidValue("spec.maxReplicas", max, "must be greater than or equal to `minReplicas`"));
  }
  const target = spec?.scaleTargetRef;
  for (const field of ["kind", "name"] as const) {
    if (!target?.[field]) errors.push(required(`spec.scaleTargetRef.${field}`));
    else checkRule(errors, `spec.scaleTargetRef.${field}`, target[field], pathSegmentName);
  }
  for (const [i, metric] of (spec?.metrics ?? []).entries()) checkMetric(errors, `spec.metrics[${i}]`, metric);
  for (const field of ["scaleUp", "scaleDown"] as const) {
    const rules = spec?.behavior?.[field];
    if (rules) checkRules(errors, `spec.behavior.${field}`, rules);
  }
  return errors;
}

function checkMetric(errors: Errors, at: string, metric: MetricSpec): void {
  if (!metric.type) {
    errors.push(required(`${at}.type`, "must specify a metric source type"));
    return;
  }
  if (!sources.includes(metric.type)) {
    errors.push(notSupported(`${at}.type`, metric.type, sources));
    return;
  }
  const field = fieldOf[metric.type];
  for (const other of Object.values(fieldOf)) {
    if (other !== field && metric[other] !== undefined) {
      errors.push(fieldForbidden(`${at}.${other}`, "must populate the given metric source only"));
    }
  }
  if (field === undefined || metric[field] === undefined) {
    errors.push(required(`${at}.${field}`, "must populate information for the given metric source"));
    return;
  }
  const { resource, containerResource } = metric;
  if (resource) {
    if (!resource.name) errors.push(required(`${at}.resource.name`, "must specify a resource name"));
    checkUsage(errors, `${at}.resource.target`, resource.target);
  }
  if (containerResource) {
    if (!containerResource.name) errors.push(required(`${at}.containerResource.name`, "must specify a resource name"));
    if (!containerResource.container)
      errors.push(required(`${at}.containerResource.container`, "must specify a container"));
    checkUsage(errors, `${at}.containerResource.target`, containerResource.target);
  }
  if (metric.pods) {
    if (!metric.pods.metric?.name) errors.push(required(`${at}.pods.metric.name`, "must specify a metric name"));
    if (metric.pods.target?.averageValue === undefined) {
      errors.push(required(`${at}.pods.target.averageValue`, "must specify a positive target averageValue"));
    }
  }
  for (const kind of ["object", "external"] as const) {
    const source = metric[kind];
    if (source === undefined) continue;
    if (!source.metric?.name) errors.push(required(`${at}.${kind}.metric.name`, "must specify a metric name"));
    const { value, averageValue } = source.target ?? {};
    if (value === undefined && averageValue === undefined) {
      errors.push(required(`${at}.${kind}.target.averageValue`, "must set either a target value or averageValue"));
    }
  }
}

function checkUsage(errors: Errors, path: string, target: MetricTarget | undefined): void {
  const { averageUtilization, averageValue } = target ?? {};
  if (averageUtilization !== undefined && averageUtilization < 1) {
    errors.push(invalidValue(`${path}.averageUtilization`, averageUtilization, "must be greater than 0"));
  }
  if (averageUtilization === undefined && averageValue === undefined) {
    errors.push(required(`${path}.averageUtilization`, "must set either a target raw value or a target utilization"));
  }
  if (averageUtilization !== undefined && averageValue !== undefined) {
    errors.push(fieldForbidden(`${path}.averageValue`, "may not set both a target raw value and a target utilization"));
  }
  if (averageValue !== undefined && readQuantity(averageValue).nanos <= 0n) {
    errors.push(invalidValue(`${path}.averageValue`, averageValue, "must be positive"));
  }
}

function checkRules(errors: Errors, path: string, rules: HPAScalingRules): void {
  const window = rules.stabilizationWindowSeconds;
  if (window !== undefined && window < 0) {
    errors.push(invalidValue(`${path}.stabilizationWindowSeconds`, window, "must be greater than or equal to zero"));
  }
  if (window !== undefined && window > 3600) {
    errors.push(invalidValue(`${path}.stabilizationWindowSeconds`, window, "must be less than or equal to 3600"));
  }
  if (rules.selectPolicy !== undefined) {
    checkOneOf(errors, `${path}.selectPolicy`, rules.selectPolicy, ["Disabled", "Max", "Min"]);
  }
  if (!rules.policies?.length) errors.push(required(`${path}.policies`, "must specify at least one Policy"));
  for (const [i, policy] of (rules.policies ?? []).entries()) {
    const at = `${path}.policies[${i}]`;
    if (policy.type !== "Percent" && policy.type !== "Pods") {
      errors.push(notSupported(`${at}.type`, policy.type, ["Percent", "Pods"]));
    }
    if (policy.value <= 0) errors.push(invalidValue(`${at}.value`, policy.value, "must be greater than zero"));
    if (policy.periodSeconds <= 0) {
      errors.push(invalidValue(`${at}.periodSeconds`, policy.periodSeconds, "must be greater than zero"));
    }
    if (policy.periodSeconds > 1800) {
      errors.push(invalidValue(`${at}.periodSeconds`, policy.periodSeconds, "must be less than or equal to 1800"));
    }
  }
}
