import { amountOf, setAmount } from "../../machinery/quantity/resource-list.ts";
import type { Container, LimitRange, PersistentVolumeClaim, Pod, ResourceList } from "../../machinery/types/core/v1.ts";
import { isKind, isPods } from "./concerns.ts";
import { checkClaim, checkPod } from "./limit-ranger/constraints.ts";
import type { AdmissionObjects } from "./objects.ts";
import { aggregate, refuse } from "./refuse.ts";
import type { AdmissionPlugin, AdmissionRequest } from "./types.ts";

const annotation = "kubernetes.io/limit-ranger";

/** https://kubernetes.io/docs/concepts/policy/limit-range/ */
export function limitRanger(objects: AdmissionObjects): AdmissionPlugin {
  return {
    name: "LimitRanger",
    handles: (operation, resource, subresource) => {
      if (isPods(resource)) {
        return subresource === "" ? operation === "CREATE" : operation === "UPDATE" && subresource === "resize";
      }
      const claim = isKind(resource, "", "persistentvolumeclaims") && subresource === "";
      return claim && (operation === "CREATE" || operation === "UPDATE");
    },
    async admit(request) {
      if (request.resource.resource !== "pods") return;
      const pod = request.object as Pod | undefined;
      if (pod === undefined) return;
      for (const range of await rangesFor(objects, request)) fillIn(pod, range);
    },
    async validate(request) {
      const check = request.resource.resource === "pods" ? checkPod : checkClaim;
      for (const range of await rangesFor(objects, request)) {
        const errors = check(range, request.object as Pod & PersistentVolumeClaim);
        if (errors.length > 0) throw refuse(request, aggregate(errors));
      }
    },
  };
}

/** What is being deleted is left alone. */
async function rangesFor(
  objects: AdmissionObjects,
  { namespace, old }: AdmissionRequest,
): Promise<readonly LimitRange[]> {
  if (old?.metadata.deletionTimestamp !== undefined) return [];
  return objects.list<LimitRange>("limitranges", namespace);
}

/** Gives containers the range's defaults and says so in an annotation. */
function fillIn(pod: Pod, range: LimitRange): void {
  const requests: ResourceList = {};
  const limits: ResourceList = {};
  for (const item of range.spec?.limits ?? []) {
    if (item.type !== "Container") continue;
    Object.assign(requests, item.defaultRequest);
    Object.assign(limits, item.default);
  }
  const told: string[] = [];
  for (const container of pod.spec?.containers ?? []) fillContainer(container, requests, limits, "container", told);
  for (const container of pod.spec?.initContainers ?? []) {
    fillContainer(container, requests, limits, "init container", told);
  }
  if (told.length === 0) return;
  pod.metadata.annotations = {
    ...pod.metadata.annotations,
    [annotation]: `LimitRanger plugin set: ${told.join("; ")}`,
  };
}

function fillContainer(
  container: Container,
  requests: ResourceList,
  limits: ResourceList,
  what: string,
  told: string[],
): void {
  for (const [field, defaults] of [
    ["requests", requests],
    ["limits", limits],
  ] as const) {
    const present = container.resources?.[field];
    const missing = Object.keys(defaults).filter((name) => amountOf(present, name) === undefined);
    if (missing.length === 0) continue;
    const filled: ResourceList = { ...present };
    for (const name of missing) setAmount(filled, name, defaults[name] ?? "0");
    container.resources = { ...container.resources, [field]: filled };
    told.push(`${missing.sort().join(", ")} ${field.slice(0, -1)} for ${what} ${container.name}`);
  }
}
