/** Which nodes are to have a DaemonSet's pod: those that its template fits and whose taints it tolerates. */
import { firstUntoleratedTaint } from "../../machinery/kinds/core/pod/tolerations.ts";
import { compileLabels, compileTerm, type NodePredicate } from "../../machinery/selectors/node-selector.ts";
import type { DaemonSet } from "../../machinery/types/apps/v1.ts";
import type { Node } from "../../machinery/types/core/v1.ts";
import { daemonTolerations } from "./daemon-pod.ts";

export interface Eligibility {
  /** A pod that is missing is made. */
  readonly run: boolean;
  /** A pod that is there stays: taints that only keep new pods away do not send it off. */
  readonly stay: boolean;
}

/** Compiled once for a version of the object, asked for each node. */
export function eligibilityOf(set: DaemonSet): (node: Node) => Eligibility {
  const { nodeName, nodeSelector, affinity } = set.spec?.template.spec ?? {};
  const tolerations = daemonTolerations(set.spec?.template.spec ?? {});
  const predicates: NodePredicate[] = [];
  if (nodeName) predicates.push((node) => node.metadata.name === nodeName);
  if (nodeSelector) predicates.push(compileLabels(nodeSelector));
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  if (required) {
    const terms = required.nodeSelectorTerms.map(compileTerm);
    predicates.push((node) => terms.some((matches) => matches(node)));
  }
  return (node) => {
    if (!predicates.every((fits) => fits(node))) return { run: false, stay: false };
    const { taints } = node.spec ?? {};
    const repelled = firstUntoleratedTaint(taints, tolerations, ({ effect }) => effect !== "PreferNoSchedule");
    if (!repelled) return { run: true, stay: true };
    const expelled = firstUntoleratedTaint(taints, tolerations, ({ effect }) => effect === "NoExecute");
    return { run: false, stay: !expelled };
  };
}
