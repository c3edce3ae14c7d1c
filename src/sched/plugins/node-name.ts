import type { Plugin, Refusal } from "../framework/types.ts";

const refusal: Refusal = { reasons: ["node(s) didn't match the requested node name"], resolvable: false };

/** A pod that names its node goes nowhere else. */
export const nodeName: Plugin = {
  name: "NodeName",
  sign: (pod) => pod.pod.spec?.nodeName ?? "",
  filter(pod, snapshot) {
    const wanted = pod.pod.spec?.nodeName;
    if (!wanted) return undefined;
    return { reads: "node", passes: (slot) => snapshot.nodeName(slot) === wanted, refusal: () => refusal };
  },
  mayHelp: (pod, event) => event.kind === "nodeAdded" && event.node.metadata.name === pod.pod.spec?.nodeName,
};
