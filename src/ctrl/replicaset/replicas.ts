import type { Client, EventRecorder, Informer } from "../../api/client/types.ts";
import type { Clock } from "../../machinery/clock.ts";
import { controllerOf, type KubeObject, keyOf } from "../../machinery/meta/object.ts";
import type { Pod } from "../../machinery/types/core/v1.ts";
import { isNotFound } from "../controller.ts";
import type { Expectations } from "../expectations.ts";
import { isNamespaceTerminating } from "../namespace-terminating.ts";
import { ownedBy } from "../owner-index.ts";
import { podFromTemplate } from "../pod-from-template.ts";
import { podsToDelete } from "./pod-ranking.ts";
import type { ReplicaKind, Replicated } from "./replica-kind.ts";
import { slowStart } from "./slow-start.ts";

/** At most so many pods are made or deleted in one reconciliation (kube's BurstReplicas). */
const burst = 500;

export interface ReplicasContext<T extends Replicated> {
  readonly kind: ReplicaKind<T>;
  readonly client: Client;
  readonly pods: Informer<Pod>;
  /** All objects of the kind, to find the siblings of one. */
  readonly siblings: Informer<T>;
  readonly expectations: Expectations;
  readonly events: EventRecorder;
  readonly clock: Clock;
}

/** Makes or deletes pods until there are as many as the spec wants. Resolves with the first error, after trying them all. */
export async function manageReplicas<T extends Replicated>(
  context: ReplicasContext<T>,
  object: T,
  active: readonly Pod[],
): Promise<unknown> {
  const surplus = active.length - (object.spec?.replicas ?? 1);
  if (surplus < 0) return createPods(context, object, Math.min(-surplus, burst));
  if (surplus > 0) return deletePods(context, object, active, Math.min(surplus, burst));
  return undefined;
}

async function createPods<T extends Replicated>(
  { kind, client, expectations, events }: ReplicasContext<T>,
  object: T,
  count: number,
): Promise<unknown> {
  const key = keyOf(object);
  const template = object.spec?.template;
  if (!template) return undefined;
  const pod = podFromTemplate(template, object, kind.apiVersion, kind.kind);
  const pods = client.resource<Pod>({ group: "", version: "v1", resource: "pods" }, object.metadata.namespace);
  // Said before the first request: the informer may show a pod before its creation is answered.
  expectations.expectCreations(key, count);
  const { succeeded, error } = await slowStart(count, async () => {
    try {
      const created = await pods.create(pod);
      events.event(object, "Normal", "SuccessfulCreate", `Created pod: ${created.metadata.name}`);
    } catch (failure) {
      // The namespace goes, and with it the controlling object: nothing to report, nothing to retry.
      if (isNamespaceTerminating(failure)) return;
      const message = failure instanceof Error ? failure.message : String(failure);
      events.event(object, "Warning", "FailedCreate", `Error creating: ${message}`);
      throw failure;
    }
  });
  expectations.creationObserved(key, count - succeeded);
  return error;
}

async function deletePods<T extends Replicated>(
  context: ReplicasContext<T>,
  object: T,
  active: readonly Pod[],
  count: number,
): Promise<unknown> {
  const { client, expectations, events, clock } = context;
  const key = keyOf(object);
  const pods = client.resource<Pod>({ group: "", version: "v1", resource: "pods" }, object.metadata.namespace);
  const doomed = podsToDelete(active, relatedPods(context, object), count, clock.now());
  expectations.expectDeletions(
    key,
    doomed.map((pod) => pod.metadata.uid ?? ""),
  );
  let error: unknown;
  await Promise.all(
    doomed.map(async (pod) => {
      const name = pod.metadata.name ?? "";
      try {
        await pods.delete(name, { preconditions: { uid: pod.metadata.uid ?? "" } });
        events.event(object, "Normal", "SuccessfulDelete", `Deleted pod: ${name}`);
      } catch (failure) {
        // The informer will not tell of a deletion that did not happen, nor again of one that it has told.
        expectations.deletionObserved(key, pod.metadata.uid ?? "");
        if (isNotFound(failure)) return;
        const message = failure instanceof Error ? failure.message : String(failure);
        events.event(object, "Warning", "FailedDelete", `Error deleting: ${message}`);
        error ??= failure;
      }
    }),
  );
  return error;
}

/** The pods of all objects that have the same controller: those of one Deployment. */
function relatedPods<T extends Replicated>({ pods, siblings }: ReplicasContext<T>, object: T): readonly Pod[] {
  const owner = controllerOf(object)?.uid;
  if (owner === undefined) return ownedBy(pods, object.metadata.uid);
  return ownedBy<KubeObject>(siblings, owner).flatMap((sibling) => ownedBy(pods, sibling.metadata.uid));
}
