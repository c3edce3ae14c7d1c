import type { Node } from "../../machinery/types/core/v1.ts";
import { isKind } from "./concerns.ts";
import type { AdmissionPlugin } from "./types.ts";

const key = "node.kubernetes.io/not-ready";

/**
 * A new node takes no pods until the node lifecycle controller has seen it ready.
 * https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#taintnodesbycondition
 */
export const taintNodesByCondition: AdmissionPlugin = {
  name: "TaintNodesByCondition",
  handles: (operation, resource, subresource) =>
    operation === "CREATE" && subresource === "" && isKind(resource, "", "nodes"),
  admit({ object }) {
    const node = object as unknown as Node;
    const taints = node.spec?.taints ?? [];
    if (taints.some((taint) => taint.key === key && taint.effect === "NoSchedule")) return;
    node.spec = { ...node.spec, taints: [...taints, { key, effect: "NoSchedule" }] };
  },
};
