import { podTemplateHash } from "../../machinery/kinds/apps/pod-template-hash.ts";
import { controllerOf } from "../../machinery/meta/object.ts";
import type { Deployment, DeploymentStatus, ReplicaSet } from "../../machinery/types/apps/v1.ts";
import { conditionOf, withCondition } from "../conditions.ts";
import { isAlreadyExists } from "../controller.ts";
import { controllerReference } from "../controller-ref.ts";
import { isNamespaceTerminating } from "../namespace-terminating.ts";
import { revisionAnnotation, revisionOf, sameAnnotations, withReplicas, withRevision } from "./annotations.ts";
import { maxSurge, progressDeadline, replicasOf } from "./limits.ts";
import { hashLabel, newReplicaSetOf, templateText } from "./replica-sets.ts";
import { newReplicaSetSize } from "./rolling.ts";
import type { Rollout } from "./rollout.ts";

export interface Generations {
  /** Has the Deployment's template; undefined while there is none. */
  readonly current: ReplicaSet | undefined;
  readonly old: readonly ReplicaSet[];
}

/** Tells the newest ReplicaSet from the old ones, and brings its revision and annotations up to date. */
export async function syncRevision(rollout: Rollout): Promise<Generations> {
  const found = newReplicaSetOf(rollout.deployment, rollout.replicaSets);
  const old = rollout.replicaSets.filter((replicaSet) => replicaSet.metadata.uid !== found?.metadata.uid);
  return { current: found && (await syncExisting(rollout, found, nextRevision(old))), old };
}

/** The newest ReplicaSet, made where it is missing. */
export async function ensureNew(rollout: Rollout, { current, old }: Generations): Promise<ReplicaSet> {
  return current ?? createNew(rollout, old, nextRevision(old));
}

function nextRevision(old: readonly ReplicaSet[]): number {
  return 1 + old.reduce((highest, replicaSet) => Math.max(highest, revisionOf(replicaSet)), 0);
}

async function syncExisting(rollout: Rollout, replicaSet: ReplicaSet, revision: number): Promise<ReplicaSet> {
  const { deployment } = rollout;
  const { metadata, spec } = replicaSet;
  const annotations = withRevision(metadata.annotations, deployment.metadata.annotations, revision);
  const minReadySeconds = deployment.spec?.minReadySeconds ?? 0;
  if (!sameAnnotations(metadata.annotations, annotations) || (spec?.minReadySeconds ?? 0) !== minReadySeconds) {
    // Its update brings the Deployment back to the queue, and the rest with it.
    return rollout.replicaSetClient.update({
      ...replicaSet,
      metadata: { ...metadata, annotations },
      spec: { ...spec, minReadySeconds },
    });
  }
  await rollout.setRevision(metadata.annotations?.[revisionAnnotation] ?? "");
  // Nobody has said yet how it goes: this ReplicaSet was there before.
  if (progressDeadline(deployment) !== undefined && !conditionOf(deployment.status?.conditions, "Progressing")) {
    const message = `Found new replica set "${metadata.name}"`;
    await setProgressing(rollout, "True", "FoundNewReplicaSet", message);
  }
  return replicaSet;
}

async function createNew(rollout: Rollout, old: readonly ReplicaSet[], revision: number): Promise<ReplicaSet> {
  const wanted = replicaSetFor(rollout.deployment, old, revision);
  const name = wanted.metadata.name ?? "";
  let created: ReplicaSet;
  let existed = false;
  try {
    created = await rollout.replicaSetClient.create(wanted);
  } catch (error) {
    if (isAlreadyExists(error)) {
      created = await ownOrCollision(rollout, wanted, error);
      existed = true;
    } else {
      await reportFailure(rollout, name, error);
      throw error;
    }
  }
  const size = replicasOf(created);
  if (!existed && size > 0) {
    rollout.event("Normal", "ScalingReplicaSet", `Scaled up replica set ${name} from 0 to ${size}`);
  }
  await rollout.setRevision(String(revision));
  if (!existed && progressDeadline(rollout.deployment) !== undefined) {
    await setProgressing(rollout, "True", "NewReplicaSetCreated", `Created new replica set "${name}"`);
  }
  return created;
}

function replicaSetFor(deployment: Deployment, old: readonly ReplicaSet[], revision: number): ReplicaSet {
  const { metadata, spec } = deployment;
  const template = spec?.template ?? { metadata: {} };
  const hash = podTemplateHash(template, deployment.status?.collisionCount);
  const labels = { ...template.metadata?.labels, [hashLabel]: hash };
  const selector = { ...spec?.selector, matchLabels: { ...spec?.selector?.matchLabels, [hashLabel]: hash } };
  const replicas = replicasOf(deployment);
  return {
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata: {
      // The same for the same template: making it twice is refused, whatever the cache says.
      name: `${metadata.name}-${hash}`,
      ...(metadata.namespace ? { namespace: metadata.namespace } : {}),
      labels,
      annotations: {
        ...withRevision(withReplicas({}, replicas, replicas + maxSurge(deployment)), metadata.annotations, revision),
      },
      ownerReferences: [controllerReference(deployment, "apps/v1", "Deployment")],
    },
    spec: {
      replicas: newReplicaSetSize(deployment, old, undefined),
      ...(spec?.minReadySeconds ? { minReadySeconds: spec.minReadySeconds } : {}),
      selector,
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
  };
}

/**
 * The name is taken: by our own ReplicaSet that the cache does not show yet, or by another template of the same hash. Then
 * the collision count changes the hash, and the next reconciliation finds a free name.
 */
async function ownOrCollision(rollout: Rollout, wanted: ReplicaSet, error: unknown): Promise<ReplicaSet> {
  const { deployment } = rollout;
  const existing = await rollout.replicaSetClient.get(wanted.metadata.name ?? "");
  const own = controllerOf(existing)?.uid === deployment.metadata.uid;
  if (own && templateText(existing.spec?.template) === templateText(wanted.spec?.template)) return existing;
  const collisionCount = (deployment.status?.collisionCount ?? 0) + 1;
  await rollout.updateStatus({ ...deployment.status, collisionCount });
  throw error;
}

async function reportFailure(rollout: Rollout, name: string, error: unknown): Promise<void> {
  if (isNamespaceTerminating(error)) return;
  const message = `Failed to create new replica set "${name}": ${error instanceof Error ? error.message : error}`;
  rollout.event("Warning", "ReplicaSetCreateError", message);
  if (progressDeadline(rollout.deployment) !== undefined) {
    await setProgressing(rollout, "False", "ReplicaSetCreateError", message);
  }
}

async function setProgressing(
  rollout: Rollout,
  status: "True" | "False",
  reason: string,
  message: string,
): Promise<void> {
  const before: DeploymentStatus = rollout.deployment.status ?? {};
  const conditions = withCondition(before.conditions, rollout.condition("Progressing", status, reason, message));
  await rollout.updateStatus({ ...before, conditions });
}
