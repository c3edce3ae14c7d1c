import type { Pod } from "../../machinery/types/core/v1.ts";
import type { PriorityClass } from "../../machinery/types/scheduling/v1.ts";
import { isKind, isPods } from "./concerns.ts";
import type { AdmissionObjects } from "./objects.ts";
import { refuse } from "./refuse.ts";
import type { AdmissionPlugin, AdmissionRequest } from "./types.ts";

/** https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/ */
export function priority(objects: AdmissionObjects): AdmissionPlugin {
  return {
    name: "Priority",
    handles: (operation, resource, subresource) =>
      subresource === "" &&
      (operation === "CREATE" || operation === "UPDATE") &&
      (isPods(resource) || isKind(resource, "scheduling.k8s.io", "priorityclasses")),
    admit(request) {
      if (request.resource.resource !== "pods") return;
      if (request.operation === "CREATE") return admitNewPod(objects, request);
      keepOnUpdate(request.object as Pod, request.old as Pod | undefined);
    },
    validate(request) {
      if (request.resource.resource === "pods") return;
      if ((request.object as unknown as PriorityClass).globalDefault) return checkOnlyDefault(objects, request);
    },
  };
}

async function admitNewPod(objects: AdmissionObjects, request: AdmissionRequest): Promise<void> {
  const { spec } = request.object as Pod;
  if (spec === undefined) return;
  let chosen: PriorityClass | undefined;
  if (spec.priorityClassName) {
    chosen = await objects.get<PriorityClass>("priorityclasses", "", spec.priorityClassName);
    if (chosen === undefined) {
      throw refuse(request, `no PriorityClass with name ${spec.priorityClassName} was found`);
    }
  } else {
    chosen = await defaultClass(objects);
    if (chosen?.metadata.name) spec.priorityClassName = chosen.metadata.name;
  }
  const value = chosen?.value ?? 0;
  if (spec.priority !== undefined && spec.priority !== value) {
    throw refuse(
      request,
      `the integer value of priority (${spec.priority}) must not be provided in pod spec; priority admission controller computed ${value} from the given PriorityClass name`,
    );
  }
  spec.priority = value;
  const policy = chosen?.preemptionPolicy ?? "PreemptLowerPriority";
  if (spec.preemptionPolicy !== undefined && spec.preemptionPolicy !== policy) {
    throw refuse(
      request,
      `the string value of PreemptionPolicy (${spec.preemptionPolicy}) must not be provided in pod spec; priority admission controller computed ${policy} from the given PriorityClass name`,
    );
  }
  spec.preemptionPolicy = policy;
}

/** A client that replaces a pod by its manifest does not take away what was put in. */
function keepOnUpdate({ spec }: Pod, old: Pod | undefined): void {
  if (spec === undefined) return;
  if (spec.priority === undefined && old?.spec?.priority !== undefined) spec.priority = old.spec.priority;
  if (spec.preemptionPolicy === undefined && old?.spec?.preemptionPolicy !== undefined) {
    spec.preemptionPolicy = old.spec.preemptionPolicy;
  }
}

/** Should there be several, the one of the lowest value. */
async function defaultClass(objects: AdmissionObjects): Promise<PriorityClass | undefined> {
  let lowest: PriorityClass | undefined;
  for (const candidate of await objects.list<PriorityClass>("priorityclasses")) {
    if (candidate.globalDefault && (lowest === undefined || (candidate.value ?? 0) < (lowest.value ?? 0))) {
      lowest = candidate;
    }
  }
  return lowest;
}

async function checkOnlyDefault(objects: AdmissionObjects, request: AdmissionRequest): Promise<void> {
  const known = await defaultClass(objects);
  if (known === undefined) return;
  const { name } = known.metadata;
  if (request.operation === "UPDATE" && name === request.name) return;
  throw refuse(request, `PriorityClass ${name} is already marked as default. Only one default can exist`);
}
