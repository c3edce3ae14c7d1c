import { isKind } from "./concerns.ts";
import type { AdmissionPlugin } from "./types.ts";

const finalizers: Readonly<Record<string, string>> = {
  persistentvolumes: "kubernetes.io/pv-protection",
  persistentvolumeclaims: "kubernetes.io/pvc-protection",
};

/**
 * Claims and volumes stay until nothing uses them any more, which the protection controllers decide.
 * https://kubernetes.io/docs/concepts/storage/persistent-volumes/#storage-object-in-use-protection
 */
export const storageObjectInUseProtection: AdmissionPlugin = {
  name: "StorageObjectInUseProtection",
  handles: (operation, resource, subresource) =>
    operation === "CREATE" &&
    subresource === "" &&
    (isKind(resource, "", "persistentvolumes") || isKind(resource, "", "persistentvolumeclaims")),
  admit({ resource, object }) {
    const finalizer = finalizers[resource.resource];
    if (object === undefined || finalizer === undefined) return;
    const { metadata } = object;
    if (!metadata.finalizers?.includes(finalizer)) metadata.finalizers = [...(metadata.finalizers ?? []), finalizer];
  },
};
