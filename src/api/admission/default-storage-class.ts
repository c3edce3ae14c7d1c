import type { PersistentVolumeClaim } from "../../machinery/types/core/v1.ts";
import type { StorageClass } from "../../machinery/types/storage/v1.ts";
import { isKind } from "./concerns.ts";
import { defaultClassOf } from "./default-class.ts";
import type { AdmissionObjects } from "./objects.ts";
import type { AdmissionPlugin } from "./types.ts";

const marks = ["storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class"];
const oldName = "volume.beta.kubernetes.io/storage-class";

/** https://kubernetes.io/docs/concepts/storage/storage-classes/#default-storageclass */
export function defaultStorageClass(objects: AdmissionObjects): AdmissionPlugin {
  return {
    name: "DefaultStorageClass",
    handles: (operation, resource, subresource) =>
      operation === "CREATE" && subresource === "" && isKind(resource, "", "persistentvolumeclaims"),
    async admit({ object }) {
      const claim = object as unknown as PersistentVolumeClaim;
      // "" asks for no class, which is an answer, too.
      if (claim.metadata.annotations?.[oldName] !== undefined || claim.spec?.storageClassName !== undefined) return;
      const chosen = defaultClassOf(await objects.list<StorageClass>("storageclasses"), marks);
      if (chosen?.metadata.name) claim.spec = { ...claim.spec, storageClassName: chosen.metadata.name };
    },
  };
}
