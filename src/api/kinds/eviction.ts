import { isPodReady } from "../../machinery/kinds/core/pod/conditions.ts";
import { decodeParsed } from "../../machinery/schema/decode-body.ts";
import { schemaOf } from "../../machinery/schema/load.ts";
import { StatusError } from "../../machinery/status/error.ts";
import { badRequest, notFound } from "../../machinery/status/errors.ts";
import type { Pod, PodCondition, PodStatus } from "../../machinery/types/core/v1.ts";
import type { PodDisruptionBudget } from "../../machinery/types/policy/v1.ts";
import { admitSubresource } from "../pipeline/admit-subresource.ts";
import { change } from "../pipeline/change.ts";
import { deleteParameters, remove } from "../pipeline/delete.ts";
import { timestamp } from "../pipeline/timestamp.ts";
import type { Call, DeleteParameters, Outcome, Pipeline, WriteParameters } from "../pipeline/types.ts";
import { cloneJson } from "../serialize/json.ts";
import { budgetsFor, severalBudgets, stillProcessing, takeDisruption } from "./disruption-budgets.ts";
import { success } from "./success.ts";

/** As kube-apiserver: how often a pod that changes meanwhile is looked at again. */
const maxAttempts = 20;

/**
 * A delete that asks the pod's disruption budget first (https://kubernetes.io/docs/concepts/scheduling-eviction/api-eviction/):
 * 429 where the budget has nothing left, 500 where there are several.
 */
export async function evict(pipeline: Pipeline, call: Call, body: object, write: WriteParameters): Promise<Outcome> {
  const expected = {
    group: "policy",
    version: "v1",
    kind: "Eviction",
    schema: schemaOf("k8s.io/api/policy/v1.Eviction"),
  };
  const { object } = decodeParsed(cloneJson(body), expected, write.fieldValidation);
  const { name } = object.metadata;
  if (name && name !== call.name) throw badRequest("name in URL does not match name in Eviction object");
  const asked = deleteParameters((object.deleteOptions ?? {}) as Record<string, unknown>);
  const options = { ...asked, dryRun: asked.dryRun || write.dryRun };
  await admitSubresource(pipeline, call, object, options.dryRun);

  for (let attempt = 1; ; attempt++) {
    try {
      await attemptEviction(pipeline, call, options);
      return success(201);
    } catch (error) {
      // Whoever names a revision means that one.
      const again = isConflict(error) && options.preconditions?.resourceVersion === undefined;
      if (!again || attempt === maxAttempts) throw error;
    }
  }
}

async function attemptEviction(pipeline: Pipeline, call: Call, options: DeleteParameters): Promise<void> {
  const pod = await podOf(pipeline, call);
  if (canGoUnasked(pod)) {
    await removePod(pipeline, call, pod, isFinal(pod) ? options : ifUnchanged(options, pod));
    return;
  }
  const [budget, ...others] = await budgetsFor(pipeline, pod);
  if (others.length > 0) throw severalBudgets();
  if (budget === undefined) return removePod(pipeline, call, pod, options);
  if (!countsAsHealthy(pod, budget)) {
    try {
      await removePod(pipeline, call, pod, ifUnchanged(options, pod));
    } catch (error) {
      // It may have become ready: the client is to ask again.
      const own = options.preconditions?.resourceVersion === undefined;
      throw own && isConflict(error) ? stillProcessing(budget.metadata.name ?? "") : error;
    }
    return;
  }
  await takeDisruption(pipeline, call, budget.metadata.name ?? "", options.dryRun);
  await removePod(pipeline, call, pod, options);
}

/** Whether the budget has to give for it: not for a pod that is unhealthy anyway, as unhealthyPodEvictionPolicy says. */
function countsAsHealthy(pod: Pod, { spec, status }: PodDisruptionBudget): boolean {
  if (isPodReady(pod)) return true;
  if (spec?.unhealthyPodEvictionPolicy === "AlwaysAllow") return false;
  const { currentHealthy = 0, desiredHealthy = 0 } = status ?? {};
  return !(currentHealthy >= desiredHealthy && desiredHealthy > 0);
}

/** It has ended, is going, or was never up: nothing is disrupted. */
function canGoUnasked(pod: Pod): boolean {
  return isFinal(pod) || pod.status?.phase === "Pending";
}

function isFinal({ metadata, status }: Pod): boolean {
  return metadata.deletionTimestamp !== undefined || status?.phase === "Succeeded" || status?.phase === "Failed";
}

function ifUnchanged(options: DeleteParameters, { metadata }: Pod): DeleteParameters {
  if (options.preconditions?.resourceVersion !== undefined || metadata.resourceVersion === undefined) return options;
  return { ...options, preconditions: { ...options.preconditions, resourceVersion: metadata.resourceVersion } };
}

/** Says in the pod why it goes, and deletes it. */
async function removePod(pipeline: Pipeline, call: Call, pod: Pod, options: DeleteParameters): Promise<void> {
  let deletion = options;
  if (!options.dryRun && pod.metadata.deletionTimestamp === undefined) {
    const write: WriteParameters = { dryRun: false, fieldValidation: "Ignore", fieldManager: "kube-apiserver" };
    const wanted = options.preconditions?.resourceVersion;
    const told = await change(pipeline, { ...call, subresource: "status" }, write, (old) => {
      const metadata = { ...old.metadata };
      if (wanted === undefined) delete metadata.resourceVersion;
      else metadata.resourceVersion = wanted;
      return { ...old, metadata, status: withTarget(old.status as PodStatus | undefined, pipeline.clock.now()) };
    });
    const resourceVersion = told.object.metadata.resourceVersion;
    if (wanted !== undefined && resourceVersion !== undefined) {
      deletion = { ...options, preconditions: { ...options.preconditions, resourceVersion } };
    }
  }
  await remove(pipeline, { ...call, subresource: "" }, deletion);
}

function withTarget(status: PodStatus | undefined, now: number): PodStatus {
  const target: PodCondition = {
    type: "DisruptionTarget",
    status: "True",
    reason: "EvictionByEvictionAPI",
    message: "Eviction API: evicting",
    lastTransitionTime: timestamp(now),
  };
  const others = (status?.conditions ?? []).filter(({ type }) => type !== target.type);
  return { ...status, conditions: [...others, target] };
}

async function podOf(pipeline: Pipeline, { resource, namespace, name }: Call): Promise<Pod> {
  const entry = await pipeline.store.get(resource.key(namespace, name));
  if (entry === undefined) throw notFound(resource, name);
  return resource.objectOf(entry.value) as Pod;
}

function isConflict(error: unknown): boolean {
  return error instanceof StatusError && error.reason === "Conflict";
}
