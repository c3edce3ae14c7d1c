import { sameJson } from "../../machinery/kinds/validation/same-json.ts";
import { keyOf, splitKey } from "../../machinery/meta/object.ts";
import { labelSelectorFrom } from "../../machinery/selectors/labels.ts";
import type { Pod } from "../../machinery/types/core/v1.ts";
import type { PodDisruptionBudget, PodDisruptionBudgetStatus } from "../../machinery/types/policy/v1.ts";
import { isNotFound, QueuedController } from "../controller.ts";
import type { ControllerFactory } from "../types.ts";
import { ExpectedPods } from "./expected.ts";
import { disruptedPods, failedStatus, statusOf } from "./status.ts";

const resource = { group: "policy", version: "v1", resource: "poddisruptionbudgets" };
const podResource = { group: "", version: "v1", resource: "pods" };

/**
 * Reckons how many pods of a PodDisruptionBudget may go (https://kubernetes.io/docs/concepts/workloads/pods/disruptions/).
 * Evictions take from status.disruptionsAllowed by compare-and-swap, so that a status written here that does not know of
 * one yet loses and is made anew.
 */
export const disruptionController: ControllerFactory = ({ client, informers, events, clock, log, definitions }) => {
  const budgets = informers.informer<PodDisruptionBudget>(resource);
  const pods = informers.informer<Pod>(podResource);
  const expected = new ExpectedPods(informers, definitions);
  const controller = new QueuedController({ name: "disruption", clock, log, workers: 1, reconcile });

  async function reconcile(key: string): Promise<void> {
    const budget = budgets.lister.get(key);
    if (budget === undefined) return;
    try {
      await sync(key, budget);
    } catch (error) {
      if (isNotFound(error)) return;
      if (error instanceof Unreckonable) {
        await write(budget, failedStatus(budget, error.message, clock.now()));
      }
      throw error;
    }
  }

  async function sync(key: string, budget: PodDisruptionBudget): Promise<void> {
    const { namespace } = splitKey(key);
    const selector = labelSelectorFrom(budget.spec?.selector);
    const own = pods.lister.list(namespace).filter(({ metadata }) => selector.matches(metadata.labels ?? {}));
    if (own.length === 0) events.event(budget, "Normal", "NoPods", "No matching pods found");
    const expectation = reckon(budget, own);
    const now = clock.now();
    const disrupted = disruptedPods(budget, own, now);
    for (const pod of disrupted.overdue) {
      const what = `Pod was expected by PDB ${namespace}/${budget.metadata.name} to be deleted but it wasn't`;
      events.event(pod, "Warning", "NotDeleted", what);
    }
    await write(budget, statusOf(budget, own, expectation, disrupted.pods, now));
    if (disrupted.recheckAt !== undefined) controller.queue.addAfter(key, disrupted.recheckAt - now + 1);
  }

  function reckon(budget: PodDisruptionBudget, own: readonly Pod[]) {
    try {
      const expectation = expected.of(budget, own);
      if (expectation.unmanaged.length > 0) {
        events.event(
          budget,
          "Warning",
          "UnmanagedPods",
          `Pods selected by this PodDisruptionBudget (selector: ${labelSelectorFrom(budget.spec?.selector)}) were found to be unmanaged. As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior. To account for these pods please set ".spec.minAvailable" field of the PDB to an integer value.`,
        );
      }
      return expectation;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      events.event(
        budget,
        "Warning",
        "CalculateExpectedPodCountFailed",
        `Failed to calculate the number of expected pods: ${why}`,
      );
      throw new Unreckonable(why);
    }
  }

  async function write(budget: PodDisruptionBudget, status: PodDisruptionBudgetStatus): Promise<void> {
    if (sameJson(status, budget.status)) return;
    await client.resource<PodDisruptionBudget>(resource, budget.metadata.namespace).updateStatus({ ...budget, status });
  }

  const enqueue = (budget: PodDisruptionBudget): void => controller.queue.add(keyOf(budget));
  const enqueueFor = ({ metadata }: Pod): void => {
    for (const budget of budgets.lister.list(metadata.namespace)) {
      if (labelSelectorFrom(budget.spec?.selector).matches(metadata.labels ?? {})) enqueue(budget);
    }
  };
  budgets.addHandler({ add: enqueue, update: enqueue });
  pods.addHandler({
    add: enqueueFor,
    update(pod, old) {
      enqueueFor(pod);
      if (pod.metadata.labels !== old.metadata.labels) enqueueFor(old);
    },
    delete: enqueueFor,
  });
  return controller;
};

/** The budget's pods have owners that say nothing of how many there shall be. */
class Unreckonable extends Error {
  override name = "Unreckonable";
}
