import { podCondition } from "../../machinery/kinds/core/pod/conditions.ts";
import { tolerates } from "../../machinery/kinds/core/pod/tolerations.ts";
import { keyOf } from "../../machinery/meta/object.ts";
import type { Node, Pod, Taint } from "../../machinery/types/core/v1.ts";
import { timestamp } from "../conditions.ts";
import { isConflict, isNotFound, QueuedController } from "../controller.ts";
import type { ControllerFactory } from "../types.ts";
import { podsByNode } from "./pods-by-node.ts";

const nodeResource = { group: "", version: "v1", resource: "nodes" };
const podResource = { group: "", version: "v1", resource: "pods" };

/**
 * Deletes pods from nodes with NoExecute taints that they do not tolerate, or no longer
 * (https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/#taint-based-evictions). How long a taint
 * has been there is in its timeAdded, so that a restart takes no pod's time away and gives none.
 */
export const taintEvictionController: ControllerFactory = ({ client, informers, events, clock, log }) => {
  const nodes = informers.informer<Node>(nodeResource);
  const pods = informers.informer<Pod>(podResource);
  const onNode = podsByNode(pods);
  /** By node, then taint. A clock that is set once a taint was seen takes no pod's time away. */
  const seen = new Map<string, Map<string, SeenTaint>>();
  /** When which pod is to go, by Clock.elapsed(). */
  const doomed = new Map<string, number>();

  const controller = new QueuedController<string>({ name: "taint-eviction", clock, log, reconcile });
  const enqueueNode = (node: Node) => {
    for (const pod of onNode(`${node.metadata.name}`)) controller.queue.add(keyOf(pod));
  };
  nodes.addHandler({
    add(node) {
      if (notice(node).length > 0) enqueueNode(node);
    },
    update(node, old) {
      const taints = notice(node);
      if (JSON.stringify(taints) !== JSON.stringify(noExecute(old))) enqueueNode(node);
    },
    delete: (node) => void seen.delete(`${node.metadata.name}`),
  });
  pods.addHandler({
    add: consider,
    update(pod, old) {
      const moved = pod.spec?.nodeName !== old.spec?.nodeName;
      if (moved || JSON.stringify(pod.spec?.tolerations) !== JSON.stringify(old.spec?.tolerations)) consider(pod);
    },
    delete: (pod) => void doomed.delete(keyOf(pod)),
  });
  return controller;

  function consider(pod: Pod): void {
    const node = pod.spec?.nodeName ? nodes.lister.get(pod.spec.nodeName) : undefined;
    if (node && noExecute(node).length > 0) controller.queue.add(keyOf(pod));
  }

  function notice(node: Node): Taint[] {
    const taints = noExecute(node);
    const name = `${node.metadata.name}`;
    if (taints.length === 0) {
      seen.delete(name);
      return taints;
    }
    const before = seen.get(name);
    seen.set(name, new Map(taints.map((taint) => [taint.key, see(taint, before?.get(taint.key))])));
    return taints;
  }

  function see({ timeAdded }: Taint, before: SeenTaint | undefined): SeenTaint {
    if (before && before.timeAdded === timeAdded) return before;
    return { timeAdded, since: timeAdded ? elapsedAt(Date.parse(timeAdded)) : clock.elapsed() };
  }

  /** What Clock.elapsed() was at that time of now(); what is still to come is now. */
  function elapsedAt(time: number): number {
    return clock.elapsed() - Math.max(0, clock.now() - time);
  }

  async function reconcile(key: string): Promise<void> {
    const pod = pods.lister.get(key);
    const node = pod?.spec?.nodeName ? nodes.lister.get(pod.spec.nodeName) : undefined;
    if (!pod || !node || pod.metadata.deletionTimestamp) {
      doomed.delete(key);
      return;
    }
    const at = evictionTime(pod, node);
    if (at === Number.POSITIVE_INFINITY) {
      if (doomed.delete(key)) events.event(pod, "Normal", "TaintManagerEviction", `Cancelling deletion of Pod ${key}`);
      return;
    }
    if (at > clock.elapsed()) {
      doomed.set(key, at);
      controller.queue.addAfter(key, at - clock.elapsed());
      return;
    }
    await evict(key, pod);
    doomed.delete(key);
  }

  /** By Clock.elapsed(); Infinity when it may stay. */
  function evictionTime(pod: Pod, node: Node): number {
    let earliest = Number.POSITIVE_INFINITY;
    for (const taint of noExecute(node)) {
      const toleration = pod.spec?.tolerations?.find((one) => tolerates(one, taint));
      if (!toleration) return 0;
      if (toleration.tolerationSeconds === undefined) continue;
      const { since: added } = see(taint, seen.get(`${node.metadata.name}`)?.get(taint.key));
      // A pod that came after the taint has its time from then on.
      const since = Math.max(added, elapsedAt(assignedAt(pod)));
      earliest = Math.min(earliest, since + Math.max(0, toleration.tolerationSeconds) * 1000);
    }
    return earliest;
  }

  async function evict(key: string, pod: Pod): Promise<void> {
    const { name = "", namespace, uid } = pod.metadata;
    const resource = client.resource<Pod>(podResource, namespace);
    const condition = {
      type: "DisruptionTarget",
      status: "True",
      reason: "DeletionByTaintManager",
      message: "Taint manager: deleting due to NoExecute taint",
      lastTransitionTime: timestamp(clock.now()),
    };
    events.event(pod, "Normal", "TaintManagerEviction", `Marking for deletion Pod ${key}`);
    try {
      const patch = { metadata: { uid }, status: { conditions: [condition] } };
      await resource.patch(name, { type: "strategic", patch }, { subresource: "status" });
      await resource.delete(name, uid ? { preconditions: { uid } } : {});
    } catch (error) {
      if (!isNotFound(error) && !isConflict(error)) throw error;
    }
  }
};

interface SeenTaint {
  readonly timeAdded: string | undefined;
  /** By Clock.elapsed(). */
  readonly since: number;
}

function noExecute(node: Node): Taint[] {
  return (node.spec?.taints ?? []).filter(({ effect }) => effect === "NoExecute");
}

function assignedAt(pod: Pod): number {
  const since = podCondition(pod, "PodScheduled")?.lastTransitionTime ?? pod.metadata.creationTimestamp;
  return since ? Date.parse(since) : 0;
}
