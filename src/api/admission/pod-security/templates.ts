import type { PodTemplateSpec } from "../../../machinery/types/core/v1.ts";
import type { AdmissionRequest } from "../types.ts";

/** The kinds that make pods of a template, by "plural.group", and where the template is. */
export const workloads: ReadonlyMap<string, readonly string[]> = new Map([
  ["podtemplates.", ["template"]],
  ["replicationcontrollers.", ["spec", "template"]],
  ["replicasets.apps", ["spec", "template"]],
  ["deployments.apps", ["spec", "template"]],
  ["statefulsets.apps", ["spec", "template"]],
  ["daemonsets.apps", ["spec", "template"]],
  ["jobs.batch", ["spec", "template"]],
  ["cronjobs.batch", ["spec", "jobTemplate", "spec", "template"]],
]);

export function templateOf({ resource, object }: AdmissionRequest): PodTemplateSpec | undefined {
  let found: unknown = object;
  for (const field of workloads.get(`${resource.resource}.${resource.group}`) ?? []) {
    found = (found as Record<string, unknown> | undefined)?.[field];
  }
  return found as PodTemplateSpec | undefined;
}
