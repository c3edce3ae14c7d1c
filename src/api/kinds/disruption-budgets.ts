import {
  disruptionAllowed,
  disruptionCondition,
  syncFailed,
  withDisruptionCondition,
} from "../../machinery/kinds/policy/disruption-allowed.ts";
import type { KubeObject, UnstructuredObject } from "../../machinery/meta/object.ts";
import { labelSelectorFrom } from "../../machinery/selectors/labels.ts";
import { StatusError } from "../../machinery/status/error.ts";
import { forbidden, tooManyRequests } from "../../machinery/status/errors.ts";
import type { Pod } from "../../machinery/types/core/v1.ts";
import type { PodDisruptionBudget } from "../../machinery/types/policy/v1.ts";
import { change, MissingError } from "../pipeline/change.ts";
import { timestamp } from "../pipeline/timestamp.ts";
import type { Call, Pipeline, WriteParameters } from "../pipeline/types.ts";
import { parsedOf } from "../serialize/parsed.ts";

const exceeded = "Cannot evict pod as it would violate the pod's disruption budget.";
/** Evictions that the controller has not seen yet; more than so many mean that it does not run. */
const mostDisruptedPods = 2000;

/** The budgets that take the pod in. */
export async function budgetsFor(pipeline: Pipeline, { metadata }: Pod): Promise<PodDisruptionBudget[]> {
  const { entries } = await pipeline.store.list({ prefix: `/registry/poddisruptionbudgets/${metadata.namespace}/` });
  return entries
    .map(({ value }) => parsedOf(value) as KubeObject as PodDisruptionBudget)
    .filter(({ spec }) => labelSelectorFrom(spec?.selector).matches(metadata.labels ?? {}));
}

export function severalBudgets(): StatusError {
  return new StatusError({
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message: "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.",
    code: 500,
  });
}

/** The controller has not caught up with the budget: ask again in a while. */
export function stillProcessing(name: string): StatusError {
  return refusal(`The disruption budget ${name} is still being processed by the server.`, 10);
}

/** Takes one disruption of the budget for the pod of the call, or throws 429. A dry run only asks. */
export async function takeDisruption(pipeline: Pipeline, call: Call, name: string, dryRun: boolean): Promise<void> {
  const resource = pipeline.registry.find("policy/v1", "poddisruptionbudgets");
  if (resource === undefined) return;
  const write: WriteParameters = { dryRun, fieldValidation: "Ignore", fieldManager: "kube-apiserver" };
  try {
    await change(pipeline, { ...call, resource, name, subresource: "status" }, write, (old) => {
      const next = withDisruption(old as KubeObject as PodDisruptionBudget, call.name, pipeline.clock.now());
      return next as KubeObject as UnstructuredObject;
    });
  } catch (error) {
    throw error instanceof MissingError ? error.status : error;
  }
}

function withDisruption(budget: PodDisruptionBudget, pod: string, now: number): PodDisruptionBudget {
  const { metadata, status = {} } = budget;
  const name = metadata.name ?? "";
  const left = status.disruptionsAllowed ?? 0;
  const disruptedPods = { ...status.disruptedPods };
  if ((status.observedGeneration ?? 0) < (metadata.generation ?? 0)) throw stillProcessing(name);
  const group = { group: "policy", resource: "poddisruptionbudget" };
  if (left < 0) throw forbidden(group, name, "pdb disruptions allowed is negative");
  if (Object.keys(disruptedPods).length > mostDisruptedPods) {
    const why = "DisruptedPods map too big - too many evictions not confirmed by PDB controller";
    throw forbidden(group, name, why);
  }
  if (left === 0) throw refusal(whyNone(name, budget));
  disruptedPods[pod] = timestamp(now);
  const next = { ...status, disruptionsAllowed: left - 1, disruptedPods };
  return {
    ...budget,
    metadata: { ...metadata },
    status: left === 1 ? withDisruptionCondition(next, disruptionAllowed(next), timestamp(now)) : next,
  };
}

function whyNone(name: string, { status = {} }: PodDisruptionBudget): string {
  const condition = disruptionCondition(status);
  if (condition?.status === "False" && condition.reason === syncFailed) {
    return `The disruption budget ${name} does not allow evicting pods currently because it failed sync: ${condition.message}`;
  }
  const { desiredHealthy = 0, currentHealthy = 0 } = status;
  return `The disruption budget ${name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`;
}

function refusal(why: string, retryAfterSeconds?: number): StatusError {
  const error = tooManyRequests(exceeded, retryAfterSeconds);
  error.status.details = { ...error.status.details, causes: [{ reason: "DisruptionBudget", message: why }] };
  return error;
}
