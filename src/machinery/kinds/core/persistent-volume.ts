import type { PersistentVolume } from "../../types/core/v1.ts";
import { age, ageColumn, column, nameColumn, table, wide } from "../columns.ts";
import { strategyFor } from "../strategy-for.ts";
import { accessModes } from "./access-modes.ts";

export const persistentVolumeStrategy = strategyFor<PersistentVolume>({
  hasGeneration: false,
  defaultObject(volume) {
    volume.status ??= {};
    volume.status.phase ||= "Pending";
    if (volume.spec === undefined) return;
    volume.spec.persistentVolumeReclaimPolicy ||= "Retain";
    volume.spec.volumeMode ??= "Filesystem";
    if (volume.spec.hostPath) volume.spec.hostPath.type ??= "";
  },
  prepareForCreate(volume) {
    volume.status = { phase: "Pending" };
  },
});

export const persistentVolumeTable = table<PersistentVolume>(
  [
    nameColumn,
    column(
      "Capacity",
      "string",
      "capacity is the description of the persistent volume's resources and capacity. More info: https://kubernetes.io/docs/concepts/storage/persistent-volumes#capacity",
    ),
    column(
      "Access Modes",
      "string",
      "accessModes contains all ways the volume can be mounted. More info: https://kubernetes.io/docs/concepts/storage/persistent-volumes#access-modes",
    ),
    column(
      "Reclaim Policy",
      "string",
      "persistentVolumeReclaimPolicy defines what happens to a persistent volume when released from its claim. Valid options are Retain (default for manually created PersistentVolumes), Delete (default for dynamically provisioned PersistentVolumes), and Recycle (deprecated). Recycle must be supported by the volume plugin underlying this PersistentVolume. More info: https://kubernetes.io/docs/concepts/storage/persistent-volumes#reclaiming",
    ),
    column(
      "Status",
      "string",
      "phase indicates if a volume is available, bound to a claim, or released by a claim. More info: https://kubernetes.io/docs/concepts/storage/persistent-volumes#phase",
    ),
    column(
      "Claim",
      "string",
      "claimRef is part of a bi-directional binding between PersistentVolume and PersistentVolumeClaim. Expected to be non-nil when bound. claim.VolumeName is the authoritative bind between PV and PVC. More info: https://kubernetes.io/docs/concepts/storage/persistent-volumes#binding",
    ),
    column("StorageClass", "string", "StorageClass of the pv"),
    column("VolumeAttributesClass", "string", "VolumeAttributesClass of the pv"),
    column(
      "Reason",
      "string",
      "reason is a brief CamelCase string that describes any failure and is meant for machine parsing and tidy display in the CLI.",
    ),
    ageColumn,
    wide(
      "VolumeMode",
      "string",
      "volumeMode defines if a volume is intended to be used with a formatted filesystem or to remain in raw block state. Value of Filesystem is implied when not included in spec.",
    ),
  ],
  (volume, now) => {
    const { metadata, spec, status } = volume;
    const claim = spec?.claimRef;
    return [
      metadata.name,
      spec?.capacity?.["storage"] ?? "0",
      accessModes(spec?.accessModes),
      spec?.persistentVolumeReclaimPolicy ?? "",
      status?.phase === undefined ? "" : phaseOf(volume),
      claim ? `${claim.namespace ?? ""}/${claim.name ?? ""}` : "",
      metadata.annotations?.["volume.beta.kubernetes.io/storage-class"] ?? spec?.storageClassName ?? "",
      spec?.volumeAttributesClassName ?? "<unset>",
      status?.reason ?? "",
      age(volume, now),
      spec?.volumeMode ?? "<unset>",
    ];
  },
);

function phaseOf(volume: PersistentVolume): string {
  return volume.metadata.deletionTimestamp === undefined ? (volume.status?.phase ?? "") : "Terminating";
}
