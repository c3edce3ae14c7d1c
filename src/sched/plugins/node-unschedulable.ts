import { toleratesTaint } from "../../machinery/kinds/core/pod/tolerations.ts";
import type { Taint } from "../../machinery/types/core/v1.ts";
import type { Plugin, Refusal } from "../framework/types.ts";
import { unschedulableFlag } from "../snapshot/snapshot.ts";

const refusal: Refusal = { reasons: ["node(s) were unschedulable"], resolvable: false };
const taint: Taint = { key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" };

/** Cordoned nodes take only pods that tolerate it. */
export const nodeUnschedulable: Plugin = {
  name: "NodeUnschedulable",
  sign: (pod) => (toleratesTaint(pod.pod.spec?.tolerations, taint) ? "1" : ""),
  filter(pod, snapshot) {
    if (toleratesTaint(pod.pod.spec?.tolerations, taint)) return undefined;
    return {
      reads: "node",
      passes: (slot) => ((snapshot.flags[slot] ?? 0) & unschedulableFlag) === 0,
      refusal: () => refusal,
    };
  },
  mayHelp(_pod, event) {
    if (event.kind === "nodeAdded") return event.node.spec?.unschedulable !== true;
    return event.kind === "nodeUpdated" && event.old.spec?.unschedulable === true && !event.node.spec?.unschedulable;
  },
};
