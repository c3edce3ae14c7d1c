import { readQuantity } from "../../machinery/quantity/read.ts";
import { amountOf } from "../../machinery/quantity/resource-list.ts";
import { goQuote } from "../../machinery/status/go-format.ts";
import type { Pod, PodSpec, ResourceList, Toleration } from "../../machinery/types/core/v1.ts";
import type { RuntimeClass, Scheduling } from "../../machinery/types/node/v1.ts";
import { isPods } from "./concerns.ts";
import type { AdmissionObjects } from "./objects.ts";
import { refuse } from "./refuse.ts";
import type { AdmissionPlugin, AdmissionRequest } from "./types.ts";

const mismatch = "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead";
const unfounded = "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead";

/** https://kubernetes.io/docs/concepts/containers/runtime-class/ and KEP-688 (Pod Overhead). */
export function runtimeClass(objects: AdmissionObjects): AdmissionPlugin {
  return {
    name: "RuntimeClass",
    handles: (operation, resource, subresource) => operation === "CREATE" && subresource === "" && isPods(resource),
    admit(request) {
      const { spec } = request.object as Pod;
      if (spec?.runtimeClassName === undefined) return;
      return classOf(objects, request, spec.runtimeClassName).then((found) => {
        setOverhead(request, spec, found);
        if (found.scheduling) setScheduling(request, spec, found.scheduling);
      });
    },
    validate(request) {
      const { spec } = request.object as Pod;
      if (spec === undefined) return;
      if (spec.runtimeClassName === undefined) {
        if (spec.overhead !== undefined) throw refuse(request, unfounded);
        return;
      }
      return classOf(objects, request, spec.runtimeClassName).then(({ overhead }) => {
        if (overhead === undefined) {
          if (spec.overhead !== undefined) throw refuse(request, unfounded);
        } else if (!sameAmounts(spec.overhead, overhead.podFixed)) throw refuse(request, mismatch);
      });
    },
  };
}

async function classOf(objects: AdmissionObjects, request: AdmissionRequest, name: string): Promise<RuntimeClass> {
  const found = await objects.get<RuntimeClass>("runtimeclasses", "", name);
  if (found === undefined) throw refuse(request, `pod rejected: RuntimeClass ${goQuote(name)} not found`);
  return found;
}

function setOverhead(request: AdmissionRequest, spec: PodSpec, { overhead }: RuntimeClass): void {
  if (overhead === undefined) return;
  if (spec.overhead !== undefined && !sameAmounts(spec.overhead, overhead.podFixed)) throw refuse(request, mismatch);
  if (overhead.podFixed) spec.overhead = { ...overhead.podFixed };
}

function setScheduling(request: AdmissionRequest, spec: PodSpec, { nodeSelector, tolerations }: Scheduling): void {
  for (const key in nodeSelector) {
    const wanted = nodeSelector[key] ?? "";
    const own = amountOf(spec.nodeSelector, key);
    if (own !== undefined && own !== wanted) {
      throw refuse(
        request,
        `conflict: runtimeClass.scheduling.nodeSelector[${key}] = ${wanted}; pod.spec.nodeSelector[${key}] = ${own}`,
      );
    }
    spec.nodeSelector = { ...spec.nodeSelector, [key]: wanted };
  }
  for (const toleration of tolerations ?? []) {
    if (spec.tolerations?.some((own) => includes(own, toleration))) continue;
    spec.tolerations = [...(spec.tolerations ?? []).filter((own) => !includes(toleration, own)), toleration];
  }
}

/** Whether `wide` tolerates all that `narrow` does, for as long. */
function includes(wide: Toleration, narrow: Toleration): boolean {
  if (wide.key && wide.key !== narrow.key) return false;
  if (wide.effect && wide.effect !== narrow.effect) return false;
  if (wide.effect !== "NoExecute" || wide.tolerationSeconds === undefined) {
    // For ever.
  } else if (narrow.tolerationSeconds === undefined || narrow.tolerationSeconds > wide.tolerationSeconds) return false;
  if (wide.operator === "Exists") return true;
  return narrow.operator !== "Exists" && wide.key === narrow.key && (wide.value ?? "") === (narrow.value ?? "");
}

function sameAmounts(a: ResourceList | undefined, b: ResourceList | undefined): boolean {
  const names = new Set([...Object.keys(a ?? {}), ...Object.keys(b ?? {})]);
  for (const name of names) {
    const left = amountOf(a, name);
    const right = amountOf(b, name);
    if (left === undefined || right === undefined || readQuantity(left).compare(readQuantity(right)) !== 0)
      return false;
  }
  return true;
}
