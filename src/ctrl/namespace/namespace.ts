import type { Namespace, Pod } from "../../machinery/types/core/v1.ts";
import { isConflict, isNotFound, QueuedController } from "../controller.ts";
import { storedKinds } from "../stored-kinds.ts";
import type { ControllerFactory } from "../types.ts";
import { deletionConditions } from "./conditions.ts";
import { deleteContent } from "./content.ts";

const namespaceResource = { group: "", version: "v1", resource: "namespaces" };
/** In spec.finalizers: the namespace stays until its content is gone. */
const contentFinalizer = "kubernetes";
/** ms after the first look; doubled with each, up to half of what is left may take. */
const firstWait = 500;

/** Empties a namespace that is being deleted, and then lets it go. */
export const namespaceController: ControllerFactory = (context) => {
  const { client, clock, definitions } = context;
  const namespaces = context.informers.informer<Namespace>(namespaceResource);
  const resource = client.resource<Namespace>(namespaceResource);
  /** How long each namespace last waited for what is left in it. */
  const waits = new Map<string, number>();

  const controller = new QueuedController({
    name: "namespace",
    clock,
    log: context.log,
    async reconcile(name) {
      const namespace = namespaces.lister.get(name);
      if (!namespace?.metadata.deletionTimestamp) {
        waits.delete(name);
        return;
      }
      try {
        const again = await empty(namespace);
        if (again !== undefined) controller.queue.addAfter(name, again);
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
    },
  });

  /** Resolves with the ms after which to look again, or undefined when the namespace is as good as gone. */
  async function empty(namespace: Namespace): Promise<number | undefined> {
    const { name = "", uid } = namespace.metadata;
    // The cache may be behind by our own last write; and what follows must not hit another namespace of this name.
    let live = await resource.get(name);
    if (live.metadata.uid !== uid || !live.spec?.finalizers?.includes(contentFinalizer)) return undefined;
    if (live.status?.phase !== "Terminating") {
      live = await resource.updateStatus({ ...live, status: { ...live.status, phase: "Terminating" } });
    }
    const remaining = await deleteContent(client, name, storedKinds(definitions()));
    const conditions = deletionConditions(live.status?.conditions, remaining, undefined, clock.now());
    if (conditions !== live.status?.conditions) {
      live = await resource.updateStatus({ ...live, status: { ...live.status, conditions: [...conditions] } });
    }
    if (remaining.errors[0] !== undefined) throw remaining.errors[0];
    if (remaining.resources.size > 0) {
      const wait = Math.min((waits.get(name) ?? firstWait / 2) * 2, (Math.floor(remaining.estimate / 2) + 1) * 1000);
      waits.set(name, wait);
      return wait;
    }
    const finalizers = live.spec?.finalizers?.filter((finalizer) => finalizer !== contentFinalizer) ?? [];
    try {
      await resource.update({ ...live, spec: { ...live.spec, finalizers } }, { subresource: "finalize" });
    } catch (error) {
      if (!isConflict(error)) throw error;
      return 1;
    }
    return undefined;
  }

  const enqueueTerminating = (namespace: Namespace) => {
    if (namespace.metadata.deletionTimestamp) controller.queue.add(`${namespace.metadata.name}`);
  };
  namespaces.addHandler({
    add: enqueueTerminating,
    update: enqueueTerminating,
    delete: ({ metadata }) => controller.queue.add(`${metadata.name}`),
  });
  context.informers.informer<Pod>({ group: "", version: "v1", resource: "pods" }).addHandler({
    // Everything else waits for the pods: the last one to end should not have to wait for the next look.
    delete(pod) {
      const namespace = namespaces.lister.get(`${pod.metadata.namespace}`);
      if (namespace) enqueueTerminating(namespace);
    },
  });
  return controller;
};
