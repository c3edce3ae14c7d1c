import { keyOf } from "../../machinery/meta/object.ts";
import type { PersistentVolume } from "../../machinery/types/core/v1.ts";
import { QueuedController } from "../controller.ts";
import type { ControllerFactory } from "../types.ts";
import { protect, whenItNeedsCare } from "./protection.ts";

const resource = { group: "", version: "v1", resource: "persistentvolumes" };
const finalizer = "kubernetes.io/pv-protection";

/** A bound volume stays: https://kubernetes.io/docs/concepts/storage/persistent-volumes/#storage-object-in-use-protection */
export const persistentVolumeProtection: ControllerFactory = ({ client, informers, clock, log }) => {
  const volumes = informers.informer<PersistentVolume>(resource);
  const controller = new QueuedController({
    name: "pv-protection",
    clock,
    log,
    workers: 1,
    async reconcile(key) {
      const volume = volumes.lister.get(key);
      if (volume === undefined) return;
      await protect(volume, finalizer, client.resource<PersistentVolume>(resource), () => {
        return volume.status?.phase === "Bound";
      });
    },
  });
  whenItNeedsCare(volumes, finalizer, (volume) => controller.queue.add(keyOf(volume)));
  return controller;
};
