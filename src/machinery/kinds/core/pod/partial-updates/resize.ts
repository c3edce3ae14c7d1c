import { fieldForbidden, invalidValue } from "../../../../status/field-errors.ts";
import type { Container, Pod, ResourceList, ResourceRequirements } from "../../../../types/core/v1.ts";
import type { FieldError, PartialUpdate } from "../../../types.ts";
import type { Errors } from "../../../validation/checks.ts";
import { sameJson } from "../../../validation/same-json.ts";
import { isSidecar } from "../phase.ts";
import { qosClassOf } from "../qos.ts";
import { validatePod } from "../validation/pod.ts";
import { goDiff } from "../validation/spec-diff.ts";

const resizable = ["cpu", "memory"] as const;

/** pods/resize changes cpu and memory of containers that may be running (KEP-1287, ValidatePodResize). */
export const resize: PartialUpdate<Pod> = {
  restrict(pod, old) {
    const wanted = pod.spec;
    pod.metadata = { ...old.metadata };
    if (old.spec) {
      pod.spec = { ...old.spec, containers: withResources(old.spec.containers, wanted?.containers) };
      if (old.spec.initContainers) {
        pod.spec.initContainers = withResources(old.spec.initContainers, wanted?.initContainers);
      }
      if (wanted?.resources) pod.spec.resources = wanted.resources;
    }
    if (old.status) pod.status = old.status;
  },

  validate(pod, old) {
    const errors: FieldError[] = validatePod(pod);
    if (pod.spec === undefined || old.spec === undefined) return errors;
    if (old.metadata.annotations?.["kubernetes.io/config.mirror"] !== undefined) {
      errors.push(fieldForbidden("", "static pods cannot be resized"));
    }
    if (old.spec.os?.name === "windows") errors.push(fieldForbidden("", "windows pods cannot be resized"));
    checkNothingRemoved(errors, "spec.containers", pod.spec.containers, old.spec.containers);
    checkNothingRemoved(errors, "spec.initContainers", pod.spec.initContainers ?? [], old.spec.initContainers ?? []);
    if ((old.status?.qosClass ?? qosClassOf(old)) !== qosClassOf(pod)) {
      errors.push(
        invalidValue("spec", pod.status?.qosClass ?? "", "Pod QOS Class may not change as a result of resizing"),
      );
    }
    const restored = { ...pod.spec, containers: withoutResize(pod.spec.containers, old.spec.containers) };
    if (pod.spec.initContainers) {
      restored.initContainers = withoutResize(pod.spec.initContainers, old.spec.initContainers ?? [], isSidecar);
    }
    if (pod.spec.resources) restored.resources = restoredResources(pod.spec.resources, old.spec.resources);
    if (!sameJson(restored, old.spec)) {
      const diff = goDiff("core.PodSpec", old.spec, restored);
      errors.push(fieldForbidden("spec", `only cpu and memory resources are mutable\n${diff}`));
    }
    return errors;
  },
};

function withResources(old: readonly Container[], wanted: readonly Container[] = []): Container[] {
  const byName = new Map(wanted.map((container) => [container.name, container]));
  return old.map((container) => {
    const { resources, resizePolicy } = byName.get(container.name) ?? container;
    return { ...container, ...(resources ? { resources } : {}), ...(resizePolicy ? { resizePolicy } : {}) };
  });
}

function checkNothingRemoved(
  errors: Errors,
  path: string,
  containers: readonly Container[],
  old: readonly Container[],
): void {
  for (const [index, { resources }] of containers.entries()) {
    const before = old[index]?.resources;
    for (const kind of ["requests", "limits"] as const) {
      if (!removed(before?.[kind], resources?.[kind])) continue;
      errors.push(fieldForbidden(`${path}[${index}].resources.${kind}`, `resource ${kind} cannot be removed`));
    }
  }
}

function removed(before: ResourceList = {}, now: ResourceList = {}): boolean {
  return Object.keys(before).some((name) => now[name] === undefined);
}

/** The containers with cpu and memory put back to what they were: what then differs may not. */
function withoutResize(
  containers: readonly Container[],
  old: readonly Container[],
  may: (container: Container) => boolean = () => true,
): Container[] {
  return containers.map((container, index) => {
    if (!container.resources || !may(container)) return container;
    return { ...container, resources: restoredResources(container.resources, old[index]?.resources) };
  });
}

function restoredResources(
  resources: ResourceRequirements,
  old: ResourceRequirements | undefined,
): ResourceRequirements {
  const restored = { ...resources };
  for (const kind of ["requests", "limits"] as const) {
    const list = { ...resources[kind] };
    for (const name of resizable) {
      const before = old?.[kind]?.[name];
      if (before === undefined) delete list[name];
      else list[name] = before;
    }
    if (Object.keys(list).length > 0) restored[kind] = list;
    else delete restored[kind];
  }
  return restored;
}
