import { readQuantity } from "../../machinery/quantity/read.ts";
import type { PersistentVolumeClaim } from "../../machinery/types/core/v1.ts";
import type { StorageClass } from "../../machinery/types/storage/v1.ts";
import { isKind } from "./concerns.ts";
import type { AdmissionObjects } from "./objects.ts";
import { refuse } from "./refuse.ts";
import type { AdmissionPlugin } from "./types.ts";

/** https://kubernetes.io/docs/concepts/storage/persistent-volumes/#expanding-persistent-volumes-claims */
export function persistentVolumeClaimResize(objects: AdmissionObjects): AdmissionPlugin {
  return {
    name: "PersistentVolumeClaimResize",
    handles: (operation, resource, subresource) =>
      operation === "UPDATE" && subresource === "" && isKind(resource, "", "persistentvolumeclaims"),
    async validate(request) {
      const claim = request.object as unknown as PersistentVolumeClaim;
      const old = request.old as unknown as PersistentVolumeClaim;
      if (storage(claim).compare(storage(old)) <= 0) return;
      if (old.status?.phase !== "Bound") throw refuse(request, "Only bound persistent volume claims can be expanded");
      const name = classOf(claim);
      const same = name !== "" && name === classOf(old);
      const found = same ? await objects.get<StorageClass>("storageclasses", "", name) : undefined;
      if (found?.allowVolumeExpansion !== true) {
        throw refuse(
          request,
          "only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize",
        );
      }
    },
  };
}

function storage({ spec }: PersistentVolumeClaim) {
  return readQuantity(spec?.resources?.requests?.storage ?? "0");
}

function classOf({ metadata, spec }: PersistentVolumeClaim): string {
  return metadata.annotations?.["volume.beta.kubernetes.io/storage-class"] ?? spec?.storageClassName ?? "";
}
