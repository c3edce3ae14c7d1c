import { toleratesTaint } from "../../machinery/kinds/core/pod/tolerations.ts";
import type { Node, Taint, Toleration } from "../../machinery/types/core/v1.ts";
import type { Plugin } from "../framework/types.ts";
import { softTaintedFlag, taintedFlag } from "../snapshot/snapshot.ts";

/** Taints keep pods away that do not tolerate them; PreferNoSchedule ones only make the node less wanted. */
export const taintToleration: Plugin = {
  name: "TaintToleration",
  sign: (pod) => JSON.stringify(pod.pod.spec?.tolerations ?? []),
  filter(pod, snapshot) {
    const tolerations = pod.pod.spec?.tolerations;
    return {
      reads: "node",
      passes: (slot) =>
        ((snapshot.flags[slot] ?? 0) & taintedFlag) === 0 ||
        untolerated(snapshot.node(slot), tolerations) === undefined,
      refusal(slot) {
        const taint = untolerated(snapshot.node(slot), tolerations);
        return {
          reasons: ["node(s) had untolerated taint(s)"],
          resolvable: false,
          ...(taint ? { detail: `{${taint.key}: ${taint.value ?? ""}}` } : {}),
        };
      },
    };
  },
  score(pod, snapshot) {
    const tolerations = (pod.pod.spec?.tolerations ?? []).filter(
      ({ effect }) => !effect || effect === "PreferNoSchedule",
    );
    return {
      reads: "node",
      normalize: "lowest",
      score(slot) {
        if (((snapshot.flags[slot] ?? 0) & softTaintedFlag) === 0) return 0;
        let count = 0;
        for (const taint of snapshot.node(slot)?.spec?.taints ?? []) {
          if (taint.effect === "PreferNoSchedule" && !toleratesTaint(tolerations, taint)) count++;
        }
        return count;
      },
    };
  },
  mayHelp(pod, event) {
    if (event.kind === "podFreed") return false;
    const tolerations = pod.pod.spec?.tolerations;
    if (untolerated(event.node, tolerations)) return false;
    return event.kind === "nodeAdded" || untolerated(event.old, tolerations) !== undefined;
  },
};

function untolerated(node: Node | undefined, tolerations: readonly Toleration[] | undefined): Taint | undefined {
  const taints = node?.spec?.taints;
  if (!taints) return undefined;
  for (const taint of taints) {
    if (taint.effect !== "PreferNoSchedule" && !toleratesTaint(tolerations, taint)) return taint;
  }
  return undefined;
}
