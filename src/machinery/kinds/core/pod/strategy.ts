import type { Pod } from "../../../types/core/v1.ts";
import { strategyFor } from "../../strategy-for.ts";
import { defaultPod } from "./defaults.ts";
import { podGraceSeconds } from "./grace.ts";
import { ephemeralContainers } from "./partial-updates/ephemeral-containers.ts";
import { resize } from "./partial-updates/resize.ts";
import { qosClassOf } from "./qos.ts";
import { validateNewPod, validatePod } from "./validation/pod.ts";
import { validatePodStatusUpdate, validatePodUpdate } from "./validation/pod-update.ts";
import { podWarnings } from "./warnings.ts";

export const podStrategy = strategyFor<Pod>({
  hasGeneration: true,
  defaultObject: defaultPod,
  prepareForCreate(pod) {
    pod.status = { phase: "Pending", qosClass: qosClassOf(pod) };
    if (pod.spec?.schedulingGates?.length) {
      pod.status.conditions = [
        {
          type: "PodScheduled",
          status: "False",
          reason: "SchedulingGated",
          message: "Scheduling is blocked due to non-empty scheduling gates",
        },
      ];
    }
  },
  prepareForStatusUpdate(pod, old) {
    if (old.status?.qosClass && pod.status) pod.status.qosClass ??= old.status.qosClass;
  },
  validate: validatePod,
  validateCreate: validateNewPod,
  validateUpdate: validatePodUpdate,
  validateStatusUpdate: validatePodStatusUpdate,
  partialUpdates: { ephemeralcontainers: ephemeralContainers, resize },
  warnings: podWarnings,
  graceSeconds: podGraceSeconds,
});
