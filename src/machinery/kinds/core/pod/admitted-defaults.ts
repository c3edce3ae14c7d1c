/**
 * What kube-apiserver's own admission plugins put into every pod and that needs nothing but the pod: DefaultTolerationSeconds,
 * Priority (for pods without a class) and the name that ServiceAccount gives. Whatever an admission plugin has set before stands.
 */
import type { Pod, PodSpec, Toleration } from "../../../types/core/v1.ts";

const unhealthy = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"] as const;

/** How long a pod stays on a node that is not ready or cannot be reached, in seconds. */
const defaultTolerationSeconds = 300;

export function admitNewPod(pod: Pod): void {
  const { spec } = pod;
  if (spec === undefined) return;
  tolerateUnhealthyNodes(spec);
  spec.serviceAccountName ||= "default";
  spec.serviceAccount = spec.serviceAccountName;
  if (!spec.priorityClassName) spec.priority ??= 0;
  spec.preemptionPolicy ??= "PreemptLowerPriority";
}

/** A client that replaces a pod by its manifest does not take away what was put in. */
export function admitPodUpdate(pod: Pod, old: Pod): void {
  const { spec } = pod;
  if (spec === undefined) return;
  tolerateUnhealthyNodes(spec);
  if (spec.priority === undefined && old.spec?.priority !== undefined) spec.priority = old.spec.priority;
  if (spec.preemptionPolicy === undefined && old.spec?.preemptionPolicy !== undefined) {
    spec.preemptionPolicy = old.spec.preemptionPolicy;
  }
}

function tolerateUnhealthyNodes(spec: PodSpec): void {
  for (const key of unhealthy) {
    if (spec.tolerations?.some((toleration) => covers(toleration, key))) continue;
    spec.tolerations ??= [];
    spec.tolerations.push({
      key,
      operator: "Exists",
      effect: "NoExecute",
      tolerationSeconds: defaultTolerationSeconds,
    });
  }
}

function covers(toleration: Toleration, key: string): boolean {
  return (!toleration.key || toleration.key === key) && (!toleration.effect || toleration.effect === "NoExecute");
}
