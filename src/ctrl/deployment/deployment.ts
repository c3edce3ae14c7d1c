import { controllerOf, type KubeObject, keyOf } from "../../machinery/meta/object.ts";
import { type LabelSelector, labelSelectorFrom } from "../../machinery/selectors/labels.ts";
import type { Deployment, ReplicaSet } from "../../machinery/types/apps/v1.ts";
import type { Pod } from "../../machinery/types/core/v1.ts";
import { conditionOf, withCondition } from "../conditions.ts";
import { QueuedController } from "../controller.ts";
import { claim } from "../controller-ref.ts";
import { claimable, informerByOwner, ownedBy } from "../owner-index.ts";
import type { ControllerFactory } from "../types.ts";
import { cleanUpHistory } from "./history.ts";
import { isRollingUpdate, progressDeadline } from "./limits.ts";
import { syncRevision } from "./new-replica-set.ts";
import { Rollout } from "./rollout.ts";
import { isScalingEvent, scale } from "./scaling.ts";
import { writeCounts } from "./status.ts";
import { recreate, rollingUpdate } from "./strategies.ts";

const deploymentResource = { group: "apps", version: "v1", resource: "deployments" };
const replicaSetResource = { group: "apps", version: "v1", resource: "replicasets" };

/** Rolls the pods of a Deployment from one template to the next by sizing its ReplicaSets. */
export const deploymentController: ControllerFactory = (context) => {
  const deployments = context.informers.informer<Deployment>(deploymentResource);
  const replicaSets = informerByOwner<ReplicaSet>(context.informers, replicaSetResource);
  const pods = informerByOwner<Pod>(context.informers, { group: "", version: "v1", resource: "pods" });

  const controller = new QueuedController({
    name: "deployment",
    clock: context.clock,
    log: context.log,
    async reconcile(key) {
      const deployment = deployments.lister.get(key);
      if (!deployment) return;
      const again = await reconcile(deployment);
      if (again !== undefined) controller.queue.addAfter(key, again);
    },
  });

  async function reconcile(deployment: Deployment): Promise<number | undefined> {
    const selector = labelSelectorFrom(deployment.spec?.selector);
    if (selector.empty) return refuse(new Rollout(context, deployment, []));
    const rollout = new Rollout(context, deployment, await claimReplicaSets(deployment, selector));
    if (deployment.metadata.deletionTimestamp) {
      await writeCounts(rollout, await syncRevision(rollout));
      return undefined;
    }
    await notePause(rollout);
    const generations = await syncRevision(rollout);
    if (deployment.spec?.paused || isScalingEvent(rollout.deployment, generations)) {
      await scale(rollout, generations);
      if (deployment.spec?.paused) await cleanUpHistory(rollout, generations.old);
      await writeCounts(rollout, generations);
      return undefined;
    }
    if (isRollingUpdate(deployment)) return rollingUpdate(rollout, generations);
    const owned = rollout.replicaSets.map(({ metadata }) => [metadata.uid ?? "", ownedBy(pods, metadata.uid)] as const);
    return recreate(rollout, generations, new Map(owned));
  }

  function claimReplicaSets(deployment: Deployment, selector: LabelSelector): Promise<ReplicaSet[]> {
    const { namespace, name = "" } = deployment.metadata;
    return claim(
      { object: deployment, apiVersion: "apps/v1", kind: "Deployment", matches: selector.matches },
      claimable(replicaSets, deployment),
      context.client.resource<ReplicaSet>(replicaSetResource, namespace),
      () => context.client.resource<Deployment>(deploymentResource, namespace).get(name),
    );
  }

  const enqueue = (object: KubeObject) => controller.queue.add(keyOf(object));
  const enqueueOwner = (object: KubeObject) => {
    const owner = controllerOf(object);
    if (owner?.kind !== "Deployment") return;
    const deployment = deployments.lister.get(`${object.metadata.namespace}/${owner.name}`);
    if (deployment?.metadata.uid === owner.uid) enqueue(deployment);
  };
  const enqueueSuitors = (orphan: ReplicaSet) => {
    const { labels, namespace } = orphan.metadata;
    if (!labels) return;
    for (const deployment of deployments.lister.list(namespace)) {
      if (suits(deployment, labels)) enqueue(deployment);
    }
  };

  deployments.addHandler({ add: enqueue, update: enqueue, delete: enqueue });
  replicaSets.addHandler({
    add: (replicaSet) => (controllerOf(replicaSet) ? enqueueOwner(replicaSet) : enqueueSuitors(replicaSet)),
    update(replicaSet, old) {
      if (controllerOf(old)?.uid !== controllerOf(replicaSet)?.uid) enqueueOwner(old);
      if (controllerOf(replicaSet)) enqueueOwner(replicaSet);
      else enqueueSuitors(replicaSet);
    },
    delete: enqueueOwner,
  });
  pods.addHandler({
    // Recreate waits for the last old pod, of which the ReplicaSets no longer tell.
    delete(pod) {
      const owner = controllerOf(pod);
      const replicaSet = owner && replicaSets.lister.get(`${pod.metadata.namespace}/${owner.name}`);
      if (replicaSet && replicaSet.metadata.uid === owner.uid) enqueueOwner(replicaSet);
    },
  });
  return controller;
};

function suits(deployment: Deployment, labels: Readonly<Record<string, string>>): boolean {
  try {
    const selector = labelSelectorFrom(deployment.spec?.selector);
    return !selector.empty && selector.matches(labels);
  } catch {
    // A broken selector takes in nothing; the Deployment's own reconciliation says so.
    return false;
  }
}

async function refuse(rollout: Rollout): Promise<undefined> {
  const { metadata, status } = rollout.deployment;
  rollout.event("Warning", "SelectingAll", "This deployment is selecting all pods. A non-empty selector is required.");
  const generation = metadata.generation ?? 0;
  if ((status?.observedGeneration ?? 0) < generation) {
    await rollout.updateStatus({ ...status, observedGeneration: generation });
  }
  return undefined;
}

/** A rollout that was paused longer than its deadline must not look stuck when it goes on. */
async function notePause(rollout: Rollout): Promise<void> {
  const { deployment } = rollout;
  if (progressDeadline(deployment) === undefined) return;
  const before = conditionOf(deployment.status?.conditions, "Progressing");
  if (before?.reason === "ProgressDeadlineExceeded") return;
  const paused = deployment.spec?.paused === true;
  const noted = before?.reason === "DeploymentPaused";
  if (paused === noted) return;
  const condition = paused
    ? rollout.condition("Progressing", "Unknown", "DeploymentPaused", "Deployment is paused")
    : rollout.condition("Progressing", "Unknown", "DeploymentResumed", "Deployment is resumed");
  await rollout.updateStatus({
    ...deployment.status,
    conditions: withCondition(deployment.status?.conditions, condition),
  });
}
