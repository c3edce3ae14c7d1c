import type { ResourceClient } from "../../api/client/types.ts";
import type { Deployment, DeploymentCondition, DeploymentStatus, ReplicaSet } from "../../machinery/types/apps/v1.ts";
import { timestamp } from "../conditions.ts";
import type { ControllerContext } from "../types.ts";
import { revisionAnnotation, sameAnnotations, withReplicas } from "./annotations.ts";
import { maxSurge, replicasOf } from "./limits.ts";

/** One reconciliation of one Deployment: its newest state as far as it is known, and the writes that move it. */
export class Rollout {
  readonly #context: ControllerContext;
  #deployment: Deployment;
  /** Those that the Deployment owns, as the cache has them. */
  readonly replicaSets: readonly ReplicaSet[];

  constructor(context: ControllerContext, deployment: Deployment, replicaSets: readonly ReplicaSet[]) {
    this.#context = context;
    this.#deployment = deployment;
    this.replicaSets = replicaSets;
  }

  /** As last read or written. */
  get deployment(): Deployment {
    return this.#deployment;
  }

  /** ms since the epoch. */
  get now(): number {
    return this.#context.clock.now();
  }

  get replicaSetClient(): ResourceClient<ReplicaSet> {
    return this.#context.client.resource<ReplicaSet>(
      { group: "apps", version: "v1", resource: "replicasets" },
      this.#deployment.metadata.namespace,
    );
  }

  get #client(): ResourceClient<Deployment> {
    return this.#context.client.resource<Deployment>(
      { group: "apps", version: "v1", resource: "deployments" },
      this.#deployment.metadata.namespace,
    );
  }

  event(type: "Normal" | "Warning", reason: string, message: string): void {
    this.#context.events.event(this.#deployment, type, reason, message);
  }

  condition(type: string, status: "True" | "False" | "Unknown", reason: string, message: string): DeploymentCondition {
    const now = timestamp(this.now);
    return { type, status, lastUpdateTime: now, lastTransitionTime: now, reason, message };
  }

  async updateStatus(status: DeploymentStatus): Promise<void> {
    this.#deployment = await this.#client.updateStatus({ ...this.#deployment, status });
  }

  /** Writes on the Deployment under which revision its newest ReplicaSet goes. */
  async setRevision(revision: string): Promise<void> {
    const { metadata } = this.#deployment;
    if (metadata.annotations?.[revisionAnnotation] === revision) return;
    const annotations = { ...metadata.annotations, [revisionAnnotation]: revision };
    this.#deployment = await this.#client.update({ ...this.#deployment, metadata: { ...metadata, annotations } });
  }

  /** Sets the size, and what the ReplicaSet must know of the Deployment's; writes nothing where both stand already. */
  async scale(replicaSet: ReplicaSet, size: number): Promise<ReplicaSet> {
    const before = replicasOf(replicaSet);
    const desired = replicasOf(this.#deployment);
    const { metadata } = replicaSet;
    const annotations = withReplicas(metadata.annotations, desired, desired + maxSurge(this.#deployment));
    if (before === size && sameAnnotations(metadata.annotations, annotations)) return replicaSet;
    const written = await this.replicaSetClient.update({
      ...replicaSet,
      metadata: { ...metadata, annotations },
      spec: { ...replicaSet.spec, replicas: size },
    });
    if (before !== size) {
      const direction = before < size ? "up" : "down";
      const message = `Scaled ${direction} replica set ${metadata.name} from ${before} to ${size}`;
      this.event("Normal", "ScalingReplicaSet", message);
    }
    return written;
  }
}
