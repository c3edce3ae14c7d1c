/** What an update may change of a pod: next to nothing. As ValidatePodUpdate and ValidatePodStatusUpdate. */
import { fieldForbidden, invalidValue } from "../../../../status/field-errors.ts";
import type { Container, Pod, PodSpec, Toleration } from "../../../../types/core/v1.ts";
import type { FieldError } from "../../../types.ts";
import { checkRange, type Errors, maxInt32 } from "../../../validation/checks.ts";
import { sameJson } from "../../../validation/same-json.ts";
import { goDiff } from "./spec-diff.ts";

const allowed =
  "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";

export function validatePodUpdate(pod: Pod, old: Pod): FieldError[] {
  const errors: Errors = [];
  const spec = pod.spec;
  const before = old.spec;
  if (spec === undefined || before === undefined || spec === before) return errors;
  // A patch may leave none at all.
  if (spec.containers?.length !== before.containers.length) {
    errors.push(fieldForbidden("spec.containers", "pod updates may not add or remove containers"));
    return errors;
  }
  if ((spec.initContainers?.length ?? 0) !== (before.initContainers?.length ?? 0)) {
    errors.push(fieldForbidden("spec.initContainers", "pod updates may not add or remove containers"));
    return errors;
  }
  checkDeadline(errors, spec, before);
  checkTolerationsOnlyAdded(errors, spec.tolerations ?? [], before.tolerations ?? []);
  checkGates(errors, spec, before);
  const munged = withAllowedChanges(spec, before);
  if (!sameJson(munged, before)) {
    errors.push(fieldForbidden("spec", `${allowed}\n${goDiff("core.PodSpec", before, munged)}`));
  }
  return errors;
}

function checkDeadline(errors: Errors, spec: PodSpec, before: PodSpec): void {
  const path = "spec.activeDeadlineSeconds";
  if (spec.activeDeadlineSeconds !== undefined) {
    checkRange(errors, path, spec.activeDeadlineSeconds, 0, maxInt32);
    if (before.activeDeadlineSeconds !== undefined && before.activeDeadlineSeconds < spec.activeDeadlineSeconds) {
      errors.push(invalidValue(path, spec.activeDeadlineSeconds, "must be less than or equal to previous value"));
    }
  } else if (before.activeDeadlineSeconds !== undefined) {
    errors.push(invalidValue(path, null, "must not update from a positive integer to nil value"));
  }
}

function checkTolerationsOnlyAdded(errors: Errors, now: readonly Toleration[], before: readonly Toleration[]): void {
  const sameButSeconds = (a: Toleration, b: Toleration): boolean =>
    a.key === b.key && a.operator === b.operator && a.value === b.value && a.effect === b.effect;
  if (before.some((toleration) => !now.some((other) => sameButSeconds(toleration, other)))) {
    errors.push(
      fieldForbidden("spec.tolerations", "existing toleration can not be modified except its tolerationSeconds"),
    );
  }
}

function checkGates(errors: Errors, spec: PodSpec, before: PodSpec): void {
  const had = new Set(before.schedulingGates?.map((gate) => gate.name));
  for (const [i, gate] of (spec.schedulingGates ?? []).entries()) {
    if (!had.has(gate.name)) {
      errors.push(
        fieldForbidden(
          "spec.schedulingGates",
          `only deletion is allowed, but found new scheduling gate '${gate.name}'`,
        ),
      );
      if (i > 8) return;
    }
  }
}

/** The new spec with everything that may change put back to what it was: what then differs may not. */
function withAllowedChanges(spec: PodSpec, before: PodSpec): PodSpec {
  const munged: PodSpec = { ...spec, containers: withImages(spec.containers, before.containers) };
  if (spec.initContainers) munged.initContainers = withImages(spec.initContainers, before.initContainers ?? []);
  restore(munged, before, "activeDeadlineSeconds");
  restore(munged, before, "tolerations");
  restore(munged, before, "schedulingGates");
  if ((before.terminationGracePeriodSeconds ?? 0) < 0 && spec.terminationGracePeriodSeconds === 1) {
    restore(munged, before, "terminationGracePeriodSeconds");
  }
  // The node is set through the binding alone; ephemeral containers have a subresource of their own.
  if (before.schedulingGates?.length && nodeSelectorOnlyNarrowed(spec, before)) restore(munged, before, "nodeSelector");
  return munged;
}

function restore<K extends keyof PodSpec>(munged: PodSpec, before: PodSpec, field: K): void {
  if (before[field] === undefined) delete munged[field];
  else munged[field] = before[field];
}

function withImages(containers: readonly Container[], before: readonly Container[]): Container[] {
  return containers.map((container, i) => {
    const image = before[i]?.image;
    return image === undefined || image === container.image ? container : { ...container, image };
  });
}

function nodeSelectorOnlyNarrowed(spec: PodSpec, before: PodSpec): boolean {
  return Object.entries(before.nodeSelector ?? {}).every(([key, value]) => spec.nodeSelector?.[key] === value);
}

export function validatePodStatusUpdate(pod: Pod, old: Pod): FieldError[] {
  const errors: Errors = [];
  const { status } = pod;
  const nominated = status?.nominatedNodeName;
  if (nominated && !/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(nominated)) {
    errors.push(invalidValue("status.nominatedNodeName", nominated, "must be a valid node name"));
  }
  const once = old.status?.qosClass;
  if (once && status?.qosClass && once !== status.qosClass) {
    errors.push(invalidValue("status.qosClass", status.qosClass, "field is immutable"));
  }
  checkRestarts(errors, pod, old);
  return errors;
}

/** A container that ended for good cannot run again. */
function checkRestarts(errors: Errors, pod: Pod, old: Pod): void {
  const policy = pod.spec?.restartPolicy;
  if (policy === "Always" || pod.spec === undefined) return;
  const own = new Map(pod.spec.containers.map((container) => [container.name, container]));
  const now = new Map(pod.status?.containerStatuses?.map((status) => [status.name, status]));
  const entries = [...(pod.status?.containerStatuses ?? []).entries()];
  for (const before of old.status?.containerStatuses ?? []) {
    const ended = before.state?.terminated;
    if (!ended || (ended.exitCode !== 0 && policy === "OnFailure")) continue;
    const container = own.get(before.name);
    if (container?.restartPolicy !== undefined || container?.restartPolicyRules?.length) continue;
    const status = now.get(before.name);
    if (status === undefined || status.state?.terminated) continue;
    const index = entries.find(([, entry]) => entry.name === before.name)?.[0] ?? 0;
    errors.push(
      fieldForbidden(`status.containerStatuses[${index}].state`, "may not be transitioned to non-terminated state"),
    );
  }
}
