import { fieldForbidden } from "../../../../status/field-errors.ts";
import type { Pod } from "../../../../types/core/v1.ts";
import type { FieldError, PartialUpdate } from "../../../types.ts";
import { sameJson } from "../../../validation/same-json.ts";
import { validatePod } from "../validation/pod.ts";
import { goDiff } from "../validation/spec-diff.ts";

/** pods/ephemeralcontainers adds containers; none is ever changed or taken away (ValidatePodEphemeralContainersUpdate). */
export const ephemeralContainers: PartialUpdate<Pod> = {
  restrict(pod, old) {
    const added = pod.spec?.ephemeralContainers;
    pod.metadata = { ...old.metadata };
    if (old.spec) pod.spec = { ...old.spec };
    if (pod.spec && added) pod.spec.ephemeralContainers = added;
    else delete pod.spec?.ephemeralContainers;
    if (old.status) pod.status = old.status;
  },
  validate: (pod, old) => [...validatePod(pod), ...kept(pod, old)],
};

function kept(pod: Pod, old: Pod): FieldError[] {
  const path = "spec.ephemeralContainers";
  const now = new Map(pod.spec?.ephemeralContainers?.map((container) => [container.name, container]));
  const errors: FieldError[] = [];
  for (const before of old.spec?.ephemeralContainers ?? []) {
    const name = JSON.stringify(before.name);
    const container = now.get(before.name);
    if (container === undefined) {
      errors.push(fieldForbidden(path, `existing ephemeral containers ${name} may not be removed\n`));
    } else if (!sameJson(container, before)) {
      const diff = goDiff("core.EphemeralContainer", before, container);
      errors.push(fieldForbidden(path, `existing ephemeral containers ${name} may not be changed\n${diff}`));
    }
  }
  return errors;
}
