import type { Informer } from "../../api/client/types.ts";
import { podAvailableAt } from "../../machinery/kinds/core/pod/conditions.ts";
import { controllerOf, keyOf } from "../../machinery/meta/object.ts";
import { labelSelectorFrom } from "../../machinery/selectors/labels.ts";
import type { ControllerRevision, DaemonSet } from "../../machinery/types/apps/v1.ts";
import type { Node, Pod } from "../../machinery/types/core/v1.ts";
import { QueuedController } from "../controller.ts";
import { claim } from "../controller-ref.ts";
import { Expectations } from "../expectations.ts";
import { claimable, informerByOwner } from "../owner-index.ts";
import type { ControllerFactory } from "../types.ts";
import { DaemonView } from "./daemon-view.ts";
import { eligibilityOf } from "./eligible-nodes.ts";
import { FailedPodBackOff } from "./failed-pod-back-off.ts";
import { historyOf, revisionResource, trimHistory } from "./history.ts";
import { managePods } from "./manage-pods.ts";
import { rollingUpdate } from "./rolling-update.ts";
import { daemonSetStatus, sameDaemonSetStatus } from "./status.ts";
import { syncPods } from "./sync-pods.ts";

const resource = { group: "apps", version: "v1", resource: "daemonsets" };
const podResource = { group: "", version: "v1", resource: "pods" };
const nodeResource = { group: "", version: "v1", resource: "nodes" };

/** Keeps a pod on every node that a DaemonSet's template fits: https://kubernetes.io/docs/concepts/workloads/controllers/daemonset/ */
export const daemonSetController: ControllerFactory = ({ client, informers, events, clock, log }) => {
  const sets = informers.informer<DaemonSet>(resource);
  const pods = informerByOwner<Pod>(informers, podResource);
  const nodes = informers.informer<Node>(nodeResource);
  const revisions = informerByOwner<ControllerRevision>(informers, revisionResource);
  const expectations = new Expectations(clock);
  const backOff = new FailedPodBackOff(clock);
  const controller = new QueuedController({ name: "daemonset", clock, log, reconcile });
  const { queue } = controller;

  sets.addHandler({
    add: (set) => queue.add(keyOf(set)),
    update: (set) => queue.add(keyOf(set)),
    delete(set) {
      expectations.forget(keyOf(set));
      queue.add(keyOf(set));
    },
  });
  watchPods(pods, sets, expectations, controller);
  watchNodes(nodes, sets, controller);
  const revisionChanged = (revision: ControllerRevision): void => {
    const owner = ownerOf(sets, revision);
    if (owner) queue.add(keyOf(owner));
  };
  revisions.addHandler({ add: revisionChanged, update: revisionChanged, delete: revisionChanged });

  async function reconcile(key: string): Promise<void> {
    const set = sets.lister.get(key);
    if (!set) {
      expectations.forget(key);
      backOff.forget(key);
      return;
    }
    const selector = labelSelectorFrom(set.spec?.selector);
    if (selector.empty) {
      const message = "This daemon set is selecting all pods. A non-empty selector is required.";
      return events.event(set, "Warning", "SelectingAll", message);
    }
    const { name = "", namespace, deletionTimestamp } = set.metadata;
    if (deletionTimestamp) return;
    const own = client.resource<DaemonSet>(resource, namespace);
    const readLive = () => own.get(name);
    const historyContext = { client, revisions, readLive };
    const believable = expectations.satisfied(key);
    const history = await historyOf(historyContext, set);
    const claimant = { object: set, apiVersion: "apps/v1", kind: "DaemonSet", matches: selector.matches };
    const claimed = await claim(claimant, claimable(pods, set), client.resource<Pod>(podResource, namespace), readLive);
    const view = new DaemonView(set, history.hash, nodes.lister.list(), claimed, clock.now());
    let failure: unknown;
    if (believable) {
      try {
        await step(view);
        await trimHistory(historyContext, set, history, claimed);
      } catch (error) {
        failure = error;
      }
    }
    const status = daemonSetStatus(view, history.collisionCount);
    if (!sameDaemonSetStatus(set.status, status)) await own.updateStatus({ ...set, status });
    if (failure !== undefined) throw failure;
    lookAgain(key, view);
  }

  /** Pods that are missing or too many first; the update goes on when these are as they should be. */
  async function step(view: DaemonView): Promise<void> {
    const { set, hash } = view;
    const key = keyOf(set);
    const steps = managePods(view, (_, node) => {
      const wait = backOff.waitFor(key, node);
      if (wait > 0) queue.addAfter(key, wait);
      return wait === 0;
    });
    for (const { metadata, status, spec } of steps.ended) {
      const where = `${metadata.namespace}/${metadata.name} on node ${spec?.nodeName}`;
      if (status?.phase === "Failed") {
        backOff.failed(key, spec?.nodeName ?? "");
        events.event(set, "Warning", "FailedDaemonPod", `Found failed daemon pod ${where}, will try to kill it`);
      } else {
        events.event(set, "Normal", "SucceededDaemonPod", `Found succeeded daemon pod ${where}, will try to delete it`);
      }
    }
    const context = { client, expectations, events };
    await syncPods(context, set, hash, steps);
    const idle = steps.create.length + steps.remove.length === 0;
    if (idle && set.spec?.updateStrategy?.type !== "OnDelete") {
      await syncPods(context, set, hash, rollingUpdate(view));
    }
  }

  /** A pod turns available by time alone. */
  function lookAgain(key: string, { set, podsByNode, now }: DaemonView): void {
    const minReadySeconds = set.spec?.minReadySeconds ?? 0;
    if (minReadySeconds === 0) return;
    let next = Number.POSITIVE_INFINITY;
    for (const list of podsByNode.values()) {
      for (const pod of list) {
        const at = podAvailableAt(pod, minReadySeconds);
        if (at !== undefined && at > now) next = Math.min(next, at - now);
      }
    }
    if (next !== Number.POSITIVE_INFINITY) queue.addAfter(key, next);
  }

  return controller;
};

function ownerOf(sets: Informer<DaemonSet>, object: Pod | ControllerRevision): DaemonSet | undefined {
  const owner = controllerOf(object);
  if (owner?.kind !== "DaemonSet" || owner.apiVersion !== "apps/v1") return undefined;
  const set = sets.lister.get(`${object.metadata.namespace}/${owner.name}`);
  return set?.metadata.uid === owner.uid ? set : undefined;
}

function watchPods(
  pods: Informer<Pod>,
  sets: Informer<DaemonSet>,
  expectations: Expectations,
  { queue }: QueuedController,
): void {
  const queueOwner = (pod: Pod): DaemonSet | undefined => {
    const set = ownerOf(sets, pod);
    if (set) queue.add(keyOf(set));
    return set;
  };
  const queueSuitors = ({ metadata }: Pod): void => {
    if (!metadata.labels) return;
    for (const set of sets.lister.list(metadata.namespace)) {
      if (labelSelectorFrom(set.spec?.selector).matches(metadata.labels)) queue.add(keyOf(set));
    }
  };
  const goes = (pod: Pod): void => {
    const set = queueOwner(pod);
    if (set) expectations.deletionObserved(keyOf(set), pod.metadata.uid ?? "");
  };
  pods.addHandler({
    add(pod) {
      if (pod.metadata.deletionTimestamp) return goes(pod);
      if (!controllerOf(pod)) return queueSuitors(pod);
      const set = queueOwner(pod);
      if (set) expectations.creationObserved(keyOf(set));
    },
    update(pod, old) {
      const [owner, before] = [controllerOf(pod), controllerOf(old)];
      if (before && before.uid !== owner?.uid) queueOwner(old);
      if (pod.metadata.deletionTimestamp) goes(pod);
      else if (owner) queueOwner(pod);
      else queueSuitors(pod);
    },
    delete: goes,
  });
}

/** Heartbeats are no news: only what decides whether a pod belongs on the node. */
function watchNodes(nodes: Informer<Node>, sets: Informer<DaemonSet>, { queue }: QueuedController): void {
  const queueAll = (): void => {
    for (const set of sets.lister.list()) queue.add(keyOf(set));
  };
  nodes.addHandler({
    add(node) {
      for (const set of sets.lister.list()) if (eligibilityOf(set)(node).run) queue.add(keyOf(set));
    },
    update(node, old) {
      for (const set of sets.lister.list()) {
        const eligible = eligibilityOf(set);
        const [now, before] = [eligible(node), eligible(old)];
        if (now.run !== before.run || now.stay !== before.stay) queue.add(keyOf(set));
      }
    },
    delete: queueAll,
  });
}
