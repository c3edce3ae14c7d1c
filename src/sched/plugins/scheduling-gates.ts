import type { Plugin } from "../framework/types.ts";

/** A pod with gates is not looked at before all of them are gone. */
export const schedulingGates: Plugin = {
  name: "SchedulingGates",
  sign: () => "",
  preEnqueue(pod) {
    const gates = pod.spec?.schedulingGates ?? [];
    if (gates.length === 0) return undefined;
    const names = gates.map((gate) => gate.name).join(" ");
    return { reasons: [`waiting for scheduling gates: [${names}]`], resolvable: false };
  },
};
