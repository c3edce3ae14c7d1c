import type { Pod } from "../../../types/core/v1.ts";
import { strategyFor } from "../../strategy-for.ts";
import { defaultPod } from "./defaults.ts";
import { podGraceSeconds } from "./grace.ts";
import { qosClassOf } from "./qos.ts";

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
  graceSeconds: podGraceSeconds,
});
