/** A DaemonSet's pod for one node, as kube-controller-manager makes it: the scheduler binds it, to the node that it names. */
import type { DaemonSet } from "../../machinery/types/apps/v1.ts";
import type { Pod, PodSpec, Toleration } from "../../machinery/types/core/v1.ts";
import { podFromTemplate } from "../pod-from-template.ts";

/** On pods and revisions: which version of the template they are of. */
export const revisionHashLabel = "controller-revision-hash";

const nodeNameField = "metadata.name";

/** https://kubernetes.io/docs/concepts/workloads/controllers/daemonset/#taints-and-tolerations */
const addedTolerations: readonly Toleration[] = [
  { key: "node.kubernetes.io/not-ready", operator: "Exists", effect: "NoExecute" },
  { key: "node.kubernetes.io/unreachable", operator: "Exists", effect: "NoExecute" },
  { key: "node.kubernetes.io/disk-pressure", operator: "Exists", effect: "NoSchedule" },
  { key: "node.kubernetes.io/memory-pressure", operator: "Exists", effect: "NoSchedule" },
  { key: "node.kubernetes.io/pid-pressure", operator: "Exists", effect: "NoSchedule" },
  { key: "node.kubernetes.io/unschedulable", operator: "Exists", effect: "NoSchedule" },
];
const networkUnavailable: Toleration = {
  key: "node.kubernetes.io/network-unavailable",
  operator: "Exists",
  effect: "NoSchedule",
};

export function daemonPod(set: DaemonSet, nodeName: string, hash: string): Pod {
  const template = set.spec?.template ?? { metadata: {} };
  const labels = { ...template.metadata?.labels, [revisionHashLabel]: hash };
  const spec: PodSpec = { ...(template.spec ?? { containers: [] }) };
  spec.tolerations = daemonTolerations(spec);
  spec.affinity = { ...spec.affinity, nodeAffinity: { ...spec.affinity?.nodeAffinity, ...onlyOn(nodeName) } };
  return podFromTemplate({ metadata: { ...template.metadata, labels }, spec }, set, "apps/v1", "DaemonSet");
}

/** Those of the template, with the ones that keep daemons where other pods would have to go. */
export function daemonTolerations({ tolerations = [], hostNetwork }: Partial<PodSpec>): Toleration[] {
  const added = hostNetwork ? [...addedTolerations, networkUnavailable] : addedTolerations;
  const isAdded = (one: Toleration): boolean =>
    added.some(
      ({ key, effect, operator }) =>
        key === one.key && effect === one.effect && operator === one.operator && one.tolerationSeconds === undefined,
    );
  return [...tolerations.filter((one) => !isAdded(one)), ...added];
}

/** The node that a pod is on or is meant for; undefined for one that names none. */
export function targetNode({ spec }: Pod): string | undefined {
  if (spec?.nodeName) return spec.nodeName;
  const required = spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  for (const { matchFields = [] } of required?.nodeSelectorTerms ?? []) {
    for (const { key, operator, values = [] } of matchFields) {
      if (key === nodeNameField && operator === "In" && values.length === 1) return values[0];
    }
  }
  return undefined;
}

/** In the place of what the template requires: that has been looked at when the node was chosen. */
function onlyOn(nodeName: string) {
  const matchFields = [{ key: nodeNameField, operator: "In" as const, values: [nodeName] }];
  return { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchFields }] } };
}
