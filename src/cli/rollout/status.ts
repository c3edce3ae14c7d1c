/** What `rollout status` says; pure, in kubectl's words (pkg/polymorphichelpers). */
import type { DaemonSet, Deployment, StatefulSet } from "../../machinery/types/apps/v1.ts";

export interface RolloutState {
  readonly message: string;
  readonly done: boolean;
  /** The rollout has given up: exit code 1 with this text. */
  readonly failure?: string;
}

export function deploymentRolloutStatus(deployment: Deployment): RolloutState {
  const { metadata, spec, status } = deployment;
  const name = metadata.name ?? "";
  if ((metadata.generation ?? 0) > (status?.observedGeneration ?? 0)) {
    return waiting("Waiting for deployment spec update to be observed...");
  }
  const progressing = status?.conditions?.find(({ type }) => type === "Progressing");
  if (progressing?.reason === "ProgressDeadlineExceeded") {
    return failed(`error: deployment "${name}" exceeded its progress deadline`);
  }
  const wanted = spec?.replicas ?? 1;
  const total = status?.replicas ?? 0;
  const updated = status?.updatedReplicas ?? 0;
  const available = status?.availableReplicas ?? 0;
  const unfinished = (what: string): RolloutState =>
    waiting(`Waiting for deployment "${name}" rollout to finish: ${what}...`);
  if (updated < wanted) return unfinished(`${updated} out of ${wanted} new replicas have been updated`);
  if (total > updated) return unfinished(`${total - updated} old replicas are pending termination`);
  if (available < updated) return unfinished(`${available} of ${updated} updated replicas are available`);
  return finished(`deployment "${name}" successfully rolled out`);
}

export function daemonSetRolloutStatus({ metadata, spec, status }: DaemonSet): RolloutState {
  const name = metadata.name ?? "";
  if (spec?.updateStrategy?.type !== "RollingUpdate") return failed(onlyRolling);
  if ((metadata.generation ?? 0) > (status?.observedGeneration ?? 0)) {
    return waiting("Waiting for daemon set spec update to be observed...");
  }
  const wanted = status?.desiredNumberScheduled ?? 0;
  const updated = status?.updatedNumberScheduled ?? 0;
  const available = status?.numberAvailable ?? 0;
  const unfinished = (what: string): RolloutState =>
    waiting(`Waiting for daemon set "${name}" rollout to finish: ${what}...`);
  if (updated < wanted) return unfinished(`${updated} out of ${wanted} new pods have been updated`);
  if (available < wanted) return unfinished(`${available} of ${wanted} updated pods are available`);
  return finished(`daemon set "${name}" successfully rolled out`);
}

export function statefulSetRolloutStatus({ metadata, spec, status }: StatefulSet): RolloutState {
  if (spec?.updateStrategy?.type !== "RollingUpdate") return failed(onlyRolling);
  if (!status?.observedGeneration || (metadata.generation ?? 0) > status.observedGeneration) {
    return waiting("Waiting for statefulset spec update to be observed...");
  }
  const wanted = spec.replicas ?? 1;
  const ready = status.readyReplicas ?? 0;
  const updated = status.updatedReplicas ?? 0;
  if (ready < wanted) return waiting(`Waiting for ${wanted - ready} pods to be ready...`);
  const partition = spec.updateStrategy.rollingUpdate?.partition;
  if (partition !== undefined) {
    if (updated < wanted - partition) {
      return waiting(
        `Waiting for partitioned roll out to finish: ${updated} out of ${wanted - partition} new pods have been updated...`,
      );
    }
    return finished(`partitioned roll out complete: ${updated} new pods have been updated...`);
  }
  if (status.updateRevision !== status.currentRevision) {
    return waiting(
      `waiting for statefulset rolling update to complete ${updated} pods at revision ${status.updateRevision}...`,
    );
  }
  return finished(
    `statefulset rolling update complete ${status.currentReplicas ?? 0} pods at revision ${status.currentRevision}...`,
  );
}

const onlyRolling = "error: rollout status is only available for RollingUpdate strategy type";

function waiting(message: string): RolloutState {
  return { message, done: false };
}

function finished(message: string): RolloutState {
  return { message, done: true };
}

function failed(failure: string): RolloutState {
  return { message: "", done: false, failure };
}
