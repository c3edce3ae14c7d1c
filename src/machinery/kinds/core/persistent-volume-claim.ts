import type { PersistentVolumeClaim } from "../../types/core/v1.ts";
import { age, ageColumn, column, nameColumn, table, wide } from "../columns.ts";
import { strategyFor } from "../strategy-for.ts";
import { accessModes } from "./access-modes.ts";
import { validateClaim, validateClaimUpdate } from "./persistent-volume-claim-validation.ts";
import { defaultClaimSpec } from "./pod/volume-defaults.ts";

export const persistentVolumeClaimStrategy = strategyFor<PersistentVolumeClaim>({
  hasGeneration: false,
  defaultObject(claim) {
    defaultClaimSpec(claim.spec);
    claim.status ??= {};
    claim.status.phase ||= "Pending";
  },
  prepareForCreate(claim) {
    claim.status = { phase: "Pending" };
  },
  validate: validateClaim,
  validateUpdate: validateClaimUpdate,
});

export const persistentVolumeClaimTable = table<PersistentVolumeClaim>(
  [
    nameColumn,
    column("Status", "string", "phase represents the current phase of PersistentVolumeClaim."),
    column("Volume", "string", "volumeName is the binding reference to the PersistentVolume backing this claim."),
    column("Capacity", "string", "capacity represents the actual resources of the underlying volume."),
    column(
      "Access Modes",
      "string",
      "accessModes contains the actual access modes the volume backing the PVC has. More info: https://kubernetes.io/docs/concepts/storage/persistent-volumes#access-modes-1",
    ),
    column("StorageClass", "string", "StorageClass of the pvc"),
    column("VolumeAttributesClass", "string", "VolumeAttributesClass of the pvc"),
    ageColumn,
    wide(
      "VolumeMode",
      "string",
      "volumeMode defines what type of volume is required by the claim. Value of Filesystem is implied when not included in claim spec.",
    ),
  ],
  (claim, now) => {
    const { metadata, spec, status } = claim;
    const bound = Boolean(spec?.volumeName);
    return [
      metadata.name,
      metadata.deletionTimestamp === undefined ? (status?.phase ?? "") : "Terminating",
      spec?.volumeName ?? "",
      bound ? (status?.capacity?.storage ?? "0") : "",
      bound ? accessModes(status?.accessModes) : "",
      metadata.annotations?.["volume.beta.kubernetes.io/storage-class"] ?? spec?.storageClassName ?? "",
      spec?.volumeAttributesClassName ?? "<unset>",
      age(claim, now),
      spec?.volumeMode ?? "<unset>",
    ];
  },
);
