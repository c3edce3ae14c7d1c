import { controllerOf, keyOf, splitKey } from "../../machinery/meta/object.ts";
import type { PersistentVolumeClaim, Pod } from "../../machinery/types/core/v1.ts";
import { QueuedController } from "../controller.ts";
import type { ControllerFactory } from "../types.ts";
import { protect, whenItNeedsCare } from "./protection.ts";

const resource = { group: "", version: "v1", resource: "persistentvolumeclaims" };
const podResource = { group: "", version: "v1", resource: "pods" };
const finalizer = "kubernetes.io/pvc-protection";

/** A claim stays while there is a pod on a node that uses it, as docs/concepts/storage/persistent-volumes says. */
export const persistentVolumeClaimProtection: ControllerFactory = ({ client, informers, clock, log }) => {
  const claims = informers.informer<PersistentVolumeClaim>(resource);
  const pods = informers.informer<Pod>(podResource);
  const controller = new QueuedController({
    name: "pvc-protection",
    clock,
    log,
    workers: 1,
    async reconcile(key) {
      const claim = claims.lister.get(key);
      if (claim === undefined) return;
      const { namespace, name } = splitKey(key);
      await protect(claim, finalizer, client.resource<PersistentVolumeClaim>(resource, namespace), async () => {
        if (pods.lister.list(namespace).some((pod) => uses(pod, claim, name))) return true;
        // The cache may not have seen the pod that came last.
        const { items } = await client.resource<Pod>(podResource, namespace).list();
        return items.some((pod) => uses(pod, claim, name));
      });
    },
  });
  whenItNeedsCare(claims, finalizer, (claim) => controller.queue.add(keyOf(claim)));
  const release = (pod: Pod): void => {
    for (const name of claimNamesOf(pod)) {
      const key = `${pod.metadata.namespace}/${name}`;
      if (claims.lister.get(key)?.metadata.deletionTimestamp !== undefined) controller.queue.add(key);
    }
  };
  pods.addHandler({ delete: release });
  return controller;
};

/** Before a pod has a node it does not keep its claim: no node would start it on a claim that goes. */
function uses(pod: Pod, claim: PersistentVolumeClaim, name: string): boolean {
  if (!pod.spec?.nodeName) return false;
  for (const volume of pod.spec.volumes ?? []) {
    if (volume.persistentVolumeClaim?.claimName === name) return true;
    const own = volume.ephemeral !== undefined && `${pod.metadata.name}-${volume.name}` === name;
    if (own && controllerOf(claim)?.uid === pod.metadata.uid) return true;
  }
  return false;
}

function claimNamesOf({ metadata, spec }: Pod): string[] {
  const names: string[] = [];
  for (const volume of spec?.volumes ?? []) {
    if (volume.persistentVolumeClaim) names.push(volume.persistentVolumeClaim.claimName);
    else if (volume.ephemeral) names.push(`${metadata.name}-${volume.name}`);
  }
  return names;
}
