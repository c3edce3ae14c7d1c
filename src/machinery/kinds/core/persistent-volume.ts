import { dns1123Subdomain } from "../../meta/names.ts";
import { readQuantity } from "../../quantity/read.ts";
import { fieldForbidden, invalidValue, notSupported, required } from "../../status/field-errors.ts";
import type { PersistentVolume } from "../../types/core/v1.ts";
import { age, ageColumn, column, nameColumn, table, wide } from "../columns.ts";
import { strategyFor } from "../strategy-for.ts";
import type { FieldError } from "../types.ts";
import { checkImmutable, checkOneOf, checkRule, type Errors } from "../validation/checks.ts";
import { sameJson } from "../validation/same-json.ts";
import { accessModes } from "./access-modes.ts";
import { checkAccessModes } from "./persistent-volume-claim-validation.ts";
import { checkNodeSelector } from "./pod/validation/scheduling.ts";
import { persistentVolumeSources } from "./volume-sources.ts";

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
  validate: validateVolume,
  validateUpdate(volume, old) {
    const errors: Errors = [];
    const source = (spec: PersistentVolume["spec"]) =>
      Object.fromEntries(persistentVolumeSources.map((field) => [field, spec?.[field]]));
    if (!sameJson(source(volume.spec), source(old.spec))) {
      errors.push(
        fieldForbidden("spec.persistentvolumesource", "spec.persistentvolumesource is immutable after creation"),
      );
    }
    checkImmutable(errors, "spec.volumeMode", volume.spec?.volumeMode, old.spec?.volumeMode);
    if (old.spec?.nodeAffinity) {
      checkImmutable(errors, "spec.nodeAffinity", volume.spec?.nodeAffinity, old.spec.nodeAffinity);
    }
    return errors;
  },
});

function validateVolume({ spec }: PersistentVolume): FieldError[] {
  const errors: Errors = [];
  checkAccessModes(errors, "spec.accessModes", spec?.accessModes);
  if (!spec?.capacity || Object.keys(spec.capacity).length === 0) errors.push(required("spec.capacity"));
  else if (spec.capacity.storage === undefined || Object.keys(spec.capacity).length > 1) {
    errors.push(notSupported("spec.capacity", spec.capacity, ["storage"]));
  }
  for (const name in spec?.capacity) {
    const amount = spec.capacity[name] ?? "0";
    if (readQuantity(amount).nanos <= 0n) {
      errors.push(invalidValue(`spec.capacity[${name}]`, amount, "must be greater than zero"));
    }
  }
  checkOneOf(errors, "spec.persistentVolumeReclaimPolicy", spec?.persistentVolumeReclaimPolicy, [
    "Delete",
    "Recycle",
    "Retain",
  ]);
  const sources = persistentVolumeSources.filter((field) => spec?.[field] !== undefined);
  for (const source of sources.slice(1)) {
    errors.push(fieldForbidden(`spec.${source}`, "may not specify more than 1 volume type"));
  }
  if (sources.length === 0) errors.push(required("spec", "must specify a volume type"));
  if (spec?.hostPath && !spec.hostPath.path) errors.push(required("spec.hostPath.path"));
  if (spec?.hostPath?.path === "/" && spec.persistentVolumeReclaimPolicy === "Recycle") {
    errors.push(
      fieldForbidden("spec.persistentVolumeReclaimPolicy", "may not be 'recycle' for a hostPath mount of '/'"),
    );
  }
  if (spec?.local && !spec.nodeAffinity)
    errors.push(required("spec.nodeAffinity", "Local volume requires node affinity"));
  if (spec?.nodeAffinity) {
    if (!spec.nodeAffinity.required) {
      errors.push(required("spec.nodeAffinity.required", "must specify required node constraints"));
    } else checkNodeSelector(errors, "spec.nodeAffinity.required", spec.nodeAffinity.required);
  }
  if (spec?.storageClassName) checkRule(errors, "spec.storageClassName", spec.storageClassName, dns1123Subdomain);
  checkOneOf(errors, "spec.volumeMode", spec?.volumeMode, ["Block", "Filesystem"]);
  return errors;
}

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
      spec?.capacity?.storage ?? "0",
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
