/** https://kubernetes.io/docs/concepts/policy/resource-quotas/#quota-scopes */
import { qosClassOf } from "../kinds/core/pod/qos.ts";
import type { KubeObject } from "../meta/object.ts";
import type {
  PersistentVolumeClaim,
  Pod,
  PodAffinityTerm,
  ResourceQuota,
  ScopedResourceSelectorRequirement,
} from "../types/core/v1.ts";
import type { Kind } from "./usage.ts";

/** Whether the object is in all of the quota's scopes. */
export function inScopes(quota: ResourceQuota, kind: Kind, object: KubeObject): boolean {
  const requirements: ScopedResourceSelectorRequirement[] = [
    ...(quota.spec?.scopes ?? []).map((scopeName) => ({ scopeName, operator: "Exists" })),
    ...(quota.spec?.scopeSelector?.matchExpressions ?? []),
  ];
  return requirements.every((requirement) => matches(requirement, kind, object));
}

function matches(
  requirement: ScopedResourceSelectorRequirement,
  { group, resource }: Kind,
  object: KubeObject,
): boolean {
  const { scopeName } = requirement;
  if (group !== "") return false;
  if (resource === "persistentvolumeclaims") {
    return scopeName === "VolumeAttributesClass" && classesOf(object).some((name) => selects(requirement, name));
  }
  if (resource !== "pods") return false;
  const { spec } = object as Pod;
  switch (scopeName) {
    case "Terminating":
      return isTerminating(object as Pod);
    case "NotTerminating":
      return !isTerminating(object as Pod);
    case "BestEffort":
      return qosClassOf(object as Pod) === "BestEffort";
    case "NotBestEffort":
      return qosClassOf(object as Pod) !== "BestEffort";
    case "PriorityClass":
      return selects(requirement, spec?.priorityClassName ?? "");
    case "CrossNamespacePodAffinity":
      return crossesNamespaces(object as Pod);
    default:
      return false;
  }
}

function isTerminating({ spec }: Pod): boolean {
  return spec?.activeDeadlineSeconds !== undefined && spec.activeDeadlineSeconds >= 0;
}

function classesOf(object: KubeObject): string[] {
  const { spec, status } = object as PersistentVolumeClaim;
  const names = [
    spec?.volumeAttributesClassName,
    status?.currentVolumeAttributesClassName,
    status?.modifyVolumeStatus?.targetVolumeAttributesClassName,
  ];
  return names.map((name) => name ?? "");
}

/** A name that is not there is in no list, and so is outside of every one. */
function selects({ operator, values = [] }: ScopedResourceSelectorRequirement, name: string): boolean {
  switch (operator) {
    case "Exists":
      return name !== "";
    case "DoesNotExist":
      return name === "";
    case "In":
      return name !== "" && values.includes(name);
    case "NotIn":
      return !values.includes(name);
    default:
      return false;
  }
}

function crossesNamespaces({ spec }: Pod): boolean {
  const { podAffinity, podAntiAffinity } = spec?.affinity ?? {};
  const crosses = ({ namespaces, namespaceSelector }: PodAffinityTerm): boolean =>
    (namespaces ?? []).length > 0 || namespaceSelector !== undefined;
  return [podAffinity, podAntiAffinity].some(
    (affinity) =>
      affinity?.requiredDuringSchedulingIgnoredDuringExecution?.some(crosses) ||
      affinity?.preferredDuringSchedulingIgnoredDuringExecution?.some(({ podAffinityTerm }) =>
        crosses(podAffinityTerm),
      ),
  );
}
