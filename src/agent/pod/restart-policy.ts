/** Which ended containers run again: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#restart-policy */
import type { Container, Pod } from "../../machinery/types/core/v1.ts";
import type { ContainerState } from "../runtime/types.ts";

/** By the container's own rules first, then its own policy, then the pod's. */
export function restartsAfterExit(pod: Pod, container: Container, exitCode: number): boolean {
  for (const { action, exitCodes } of container.restartPolicyRules ?? []) {
    const listed = exitCodes?.values?.includes(exitCode) ?? false;
    const applies = exitCodes?.operator === "NotIn" ? !listed : listed;
    if (applies && action === "Restart") return true;
  }
  const policy = container.restartPolicy ?? pod.spec?.restartPolicy ?? "Always";
  return policy === "Always" || (policy === "OnFailure" && exitCode !== 0);
}

/** Init containers run to success: any failure is tried again unless nothing of the pod is. */
export function restartsInitAfterFailure(pod: Pod, container: Container, exitCode: number): boolean {
  return restartsAfterExit(pod, container, exitCode === 0 ? 1 : exitCode);
}

/** Whether the next sync will start it (again). `latest`: the newest container of its name. */
export function toBeStarted(pod: Pod, container: Container, latest: ContainerState | undefined): boolean {
  if (pod.metadata.deletionTimestamp) return false;
  if (!latest || latest.state === "created") return true;
  return latest.state === "exited" && restartsAfterExit(pod, container, latest.exitCode ?? 0);
}
