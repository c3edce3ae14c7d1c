/** What `rollout status` says of a Deployment; pure, in kubectl's words (pkg/polymorphichelpers). */
import type { Deployment } from "../../machinery/types/apps/v1.ts";

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
    return { message: "Waiting for deployment spec update to be observed...", done: false };
  }
  const progressing = status?.conditions?.find(({ type }) => type === "Progressing");
  if (progressing?.reason === "ProgressDeadlineExceeded") {
    return { message: "", done: false, failure: `error: deployment "${name}" exceeded its progress deadline` };
  }
  const wanted = spec?.replicas ?? 1;
  const total = status?.replicas ?? 0;
  const updated = status?.updatedReplicas ?? 0;
  const available = status?.availableReplicas ?? 0;
  const waiting = (what: string): RolloutState => ({
    message: `Waiting for deployment "${name}" rollout to finish: ${what}...`,
    done: false,
  });
  if (updated < wanted) return waiting(`${updated} out of ${wanted} new replicas have been updated`);
  if (total > updated) return waiting(`${total - updated} old replicas are pending termination`);
  if (available < updated) return waiting(`${available} of ${updated} updated replicas are available`);
  return { message: `deployment "${name}" successfully rolled out`, done: true };
}
