/** Makes and deletes a DaemonSet's pods. */
import type { Client, EventRecorder } from "../../api/client/types.ts";
import { keyOf } from "../../machinery/meta/object.ts";
import type { DaemonSet } from "../../machinery/types/apps/v1.ts";
import type { Pod } from "../../machinery/types/core/v1.ts";
import { isNotFound } from "../controller.ts";
import type { Expectations } from "../expectations.ts";
import { isNamespaceTerminating } from "../namespace-terminating.ts";
import { slowStart } from "../replicaset/slow-start.ts";
import { daemonPod } from "./daemon-pod.ts";
import type { DaemonSteps } from "./rolling-update.ts";

/** At most so many pods are made or deleted at once (kube's BurstReplicas for daemons). */
const burst = 250;

export interface SyncContext {
  readonly client: Client;
  readonly expectations: Expectations;
  readonly events: EventRecorder;
}

/** Throws the first error, after trying them all. */
export async function syncPods(context: SyncContext, set: DaemonSet, hash: string, steps: DaemonSteps): Promise<void> {
  const { client, expectations, events } = context;
  const key = keyOf(set);
  const pods = client.resource<Pod>({ group: "", version: "v1", resource: "pods" }, set.metadata.namespace);
  const nodes = steps.create.slice(0, burst);
  const doomed = steps.remove.slice(0, burst);
  if (nodes.length + doomed.length === 0) return;
  const uids = doomed.map(({ metadata }) => metadata.uid ?? "");
  // Said before the first request: the informer may show a change before it is answered.
  expectations.expect(key, nodes.length, uids);
  let failure: unknown;
  const removal = doomed.map(async ({ metadata: { name = "", uid = "" } }) => {
    try {
      await pods.delete(name, { preconditions: { uid } });
      events.event(set, "Normal", "SuccessfulDelete", `Deleted pod: ${name}`);
    } catch (error) {
      expectations.deletionObserved(key, uid);
      if (isNotFound(error)) return;
      events.event(set, "Warning", "FailedDelete", `Error deleting: ${messageOf(error)}`);
      failure ??= error;
    }
  });
  const waiting = [...nodes];
  const { succeeded, error } = await slowStart(nodes.length, async () => {
    const pod = daemonPod(set, waiting.shift() ?? "", hash);
    try {
      const created = await pods.create(pod);
      events.event(set, "Normal", "SuccessfulCreate", `Created pod: ${created.metadata.name}`);
    } catch (error) {
      if (isNamespaceTerminating(error)) return;
      events.event(set, "Warning", "FailedCreate", `Error creating: ${messageOf(error)}`);
      throw error;
    }
  });
  expectations.creationObserved(key, nodes.length - succeeded);
  await Promise.all(removal);
  failure ??= error;
  if (failure !== undefined) throw failure;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
