import type { Informer } from "../../api/client/types.ts";
import { isPodReady } from "../../machinery/kinds/core/pod/conditions.ts";
import { isPodActive, isPodTerminating } from "../../machinery/kinds/core/pod/phase.ts";
import { controllerOf, keyOf } from "../../machinery/meta/object.ts";
import type { LabelSelector } from "../../machinery/selectors/labels.ts";
import type { Pod } from "../../machinery/types/core/v1.ts";
import type { OwnerReference } from "../../machinery/types/meta/v1.ts";
import { QueuedController } from "../controller.ts";
import { claim } from "../controller-ref.ts";
import { Expectations } from "../expectations.ts";
import { claimable, informerByOwner } from "../owner-index.ts";
import type { Controller, ControllerContext, ControllerFactory } from "../types.ts";
import { type ReplicaKind, type Replicated, replicaSetKind, replicationControllerKind } from "./replica-kind.ts";
import { manageReplicas, type ReplicasContext } from "./replicas.ts";
import { nextAvailability, replicaStatus, sameReplicaStatus } from "./status.ts";

const podResource = { group: "", version: "v1", resource: "pods" };

/** Keeps as many pods as a ReplicaSet wants. */
export const replicaSetController: ControllerFactory = (context) => replicaController(replicaSetKind, context);

export const replicationController: ControllerFactory = (context) =>
  replicaController(replicationControllerKind, context);

function replicaController<T extends Replicated>(kind: ReplicaKind<T>, context: ControllerContext): Controller {
  const pods = informerByOwner<Pod>(context.informers, podResource);
  const objects = informerByOwner<T>(context.informers, kind.gvr);
  const expectations = new Expectations(context.clock);
  const replicas: ReplicasContext<T> = { ...context, kind, pods, siblings: objects, expectations };
  const selectors = new SelectorCache(kind);

  const controller = new QueuedController({
    name: kind.name,
    clock: context.clock,
    log: context.log,
    reconcile: (key) => reconcile(key),
  });

  objects.addHandler({
    add: (object) => controller.queue.add(keyOf(object)),
    update: (object) => controller.queue.add(keyOf(object)),
    delete(object) {
      expectations.forget(keyOf(object));
      controller.queue.add(keyOf(object));
    },
  });
  watchPods(pods, objects, kind, selectors, expectations, controller);

  async function reconcile(key: string): Promise<void> {
    const object = objects.lister.get(key);
    if (!object) {
      expectations.forget(key);
      return;
    }
    const believable = expectations.satisfied(key);
    const selector = selectors.of(object);
    const { namespace, name = "", uid, deletionTimestamp } = object.metadata;
    const client = context.client.resource<T>(kind.gvr, namespace);
    const candidates = claimable(pods, object);
    const active = await claim(
      { object, apiVersion: kind.apiVersion, kind: kind.kind, matches: selector.matches },
      candidates.filter(isPodActive),
      context.client.resource<Pod>(podResource, namespace),
      () => client.get(name),
    );
    const terminating = candidates.filter(
      (pod) => isPodTerminating(pod) && controllerOf(pod)?.uid === uid && selector.matches(pod.metadata.labels),
    );
    const failure = believable && !deletionTimestamp ? await manageReplicas(replicas, object, active) : undefined;

    const now = context.clock.now();
    const status = replicaStatus(
      object,
      { active, terminating: kind.countsTerminating ? terminating : undefined, failure },
      now,
    );
    if (!sameReplicaStatus(object.status, status)) await client.updateStatus({ ...object, status });
    if (failure !== undefined) throw failure;
    const minReadySeconds = object.spec?.minReadySeconds ?? 0;
    if (minReadySeconds > 0) {
      const wait = nextAvailability(active, minReadySeconds, now);
      if (wait !== undefined) controller.queue.addAfter(key, wait);
    }
  }

  return controller;
}

/** Queues the objects whose pods change, and tells the expectations what the cache now shows. */
function watchPods<T extends Replicated>(
  pods: Informer<Pod>,
  objects: Informer<T>,
  kind: ReplicaKind<T>,
  selectors: SelectorCache<T>,
  expectations: Expectations,
  { queue }: QueuedController,
): void {
  const ownerOf = (pod: Pod, owner: OwnerReference): T | undefined => {
    if (owner.kind !== kind.kind || owner.apiVersion !== kind.apiVersion) return undefined;
    const object = objects.lister.get(`${pod.metadata.namespace}/${owner.name}`);
    return object?.metadata.uid === owner.uid ? object : undefined;
  };
  const queueOwner = (pod: Pod): T | undefined => {
    const owner = controllerOf(pod);
    const object = owner && ownerOf(pod, owner);
    if (object) queue.add(keyOf(object));
    return object;
  };
  const queueSuitors = (orphan: Pod): void => {
    // Without labels no selector takes it in.
    if (!orphan.metadata.labels) return;
    for (const object of objects.lister.list(orphan.metadata.namespace)) {
      if (selectors.suits(object, orphan)) queue.add(keyOf(object));
    }
  };
  const goes = (pod: Pod): void => {
    const object = queueOwner(pod);
    if (object) expectations.deletionObserved(keyOf(object), pod.metadata.uid ?? "");
  };

  pods.addHandler({
    add(pod) {
      if (pod.metadata.deletionTimestamp) return goes(pod);
      if (!controllerOf(pod)) return queueSuitors(pod);
      const object = queueOwner(pod);
      if (object) expectations.creationObserved(keyOf(object));
    },
    update(pod, old) {
      const owner = controllerOf(pod);
      const before = controllerOf(old);
      if (before && before.uid !== owner?.uid) queueOwner(old);
      if (pod.metadata.deletionTimestamp) return goes(pod);
      if (owner) {
        const object = queueOwner(pod);
        const minReadySeconds = object?.spec?.minReadySeconds ?? 0;
        // The pod turns available by time alone, a second more for the rounding of timestamps.
        if (object && minReadySeconds > 0 && !isPodReady(old) && isPodReady(pod)) {
          queue.addAfter(keyOf(object), minReadySeconds * 1000 + 1000);
        }
      } else if (before || JSON.stringify(pod.metadata.labels) !== JSON.stringify(old.metadata.labels)) {
        queueSuitors(pod);
      }
    },
    delete: goes,
  });
}

/** Compiled selectors; objects are immutable, so that one is compiled once per version of its object. */
class SelectorCache<T extends Replicated> {
  readonly #kind: ReplicaKind<T>;
  readonly #compiled = new WeakMap<T, LabelSelector>();

  constructor(kind: ReplicaKind<T>) {
    this.#kind = kind;
  }

  /** Whether the object would take in the pod. One whose selector is broken takes in none; its reconciliation says so. */
  suits(object: T, pod: Pod): boolean {
    try {
      return this.of(object).matches(pod.metadata.labels);
    } catch {
      return false;
    }
  }

  /** Throws on a selector that validation would refuse. */
  of(object: T): LabelSelector {
    let selector = this.#compiled.get(object);
    if (!selector) {
      selector = this.#kind.selectorOf(object);
      this.#compiled.set(object, selector);
    }
    return selector;
  }
}
