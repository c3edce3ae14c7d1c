import type { Informer } from "../api/client/types.ts";
import type { GroupVersionResource, KubeObject } from "../machinery/meta/object.ts";
import type { Namespace } from "../machinery/types/core/v1.ts";
import { isAlreadyExists, isNotFound, QueuedController } from "./controller.ts";
import { isNamespaceTerminating } from "./namespace-terminating.ts";
import type { Controller, ControllerContext } from "./types.ts";

export interface PerNamespaceOptions<T extends KubeObject> {
  /** Of the controller. */
  readonly name: string;
  readonly gvr: GroupVersionResource;
  /** Of the object, the same in each namespace. */
  readonly objectName: string;
  /** What it must look like; undefined: `current` is right as it is. */
  wanted(current: T | undefined, namespace: string): T | undefined;
}

/** Keeps one object of a fixed name in every namespace that is not being deleted. */
export function onePerNamespace<T extends KubeObject>(
  context: ControllerContext,
  { name, gvr, objectName, wanted }: PerNamespaceOptions<T>,
): Controller {
  const namespaces = context.informers.informer<Namespace>({ group: "", version: "v1", resource: "namespaces" });
  const objects: Informer<T> = context.informers.informer<T>(gvr);

  const controller = new QueuedController({
    name,
    clock: context.clock,
    log: context.log,
    async reconcile(namespace) {
      const parent = namespaces.lister.get(namespace);
      if (!parent || parent.metadata.deletionTimestamp || parent.status?.phase === "Terminating") return;
      const current = objects.lister.get(`${namespace}/${objectName}`);
      const object = wanted(current, namespace);
      if (!object) return;
      const client = context.client.resource<T>(gvr, namespace);
      try {
        await (current ? client.update(object) : client.create(object));
      } catch (error) {
        // Made by somebody else meanwhile, of which the cache will tell; or the namespace goes.
        if (isAlreadyExists(error) || isNotFound(error) || isNamespaceTerminating(error)) return;
        throw error;
      }
    },
  });

  const enqueueNamespace = ({ metadata }: Namespace) => controller.queue.add(`${metadata.name}`);
  const enqueueObject = ({ metadata }: T) => {
    if (metadata.name === objectName) controller.queue.add(`${metadata.namespace}`);
  };
  namespaces.addHandler({ add: enqueueNamespace, update: enqueueNamespace });
  objects.addHandler({ update: enqueueObject, delete: enqueueObject });
  return controller;
}
