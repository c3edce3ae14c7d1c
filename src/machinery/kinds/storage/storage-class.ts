import { qualifiedNameRule } from "../../meta/names.ts";
import { fieldForbidden, invalidValue, required } from "../../status/field-errors.ts";
import type { StorageClass } from "../../types/storage/v1.ts";
import { age, ageColumn, column, nameColumn, table } from "../columns.ts";
import { strategyFor } from "../strategy-for.ts";
import { checkImmutable, checkOneOf, checkRule, type Errors } from "../validation/checks.ts";
import { sameJson } from "../validation/same-json.ts";

export const storageClassStrategy = strategyFor<StorageClass>({
  hasGeneration: false,
  defaultObject(storageClass) {
    storageClass.reclaimPolicy ??= "Delete";
    storageClass.volumeBindingMode ??= "Immediate";
  },
  validate(storageClass) {
    const errors: Errors = [];
    if (!storageClass.provisioner) errors.push(required("provisioner"));
    else checkRule(errors, "provisioner", storageClass.provisioner.toLowerCase(), qualifiedNameRule);
    checkOneOf(errors, "reclaimPolicy", storageClass.reclaimPolicy, ["Delete", "Retain"]);
    checkOneOf(errors, "volumeBindingMode", storageClass.volumeBindingMode, ["Immediate", "WaitForFirstConsumer"]);
    for (const key in storageClass.parameters) {
      if (key === "") errors.push(invalidValue("parameters", key, "field can not be empty."));
    }
    return errors;
  },
  validateUpdate(storageClass, old) {
    const errors: Errors = [];
    if (!sameJson(storageClass.parameters ?? {}, old.parameters ?? {})) {
      errors.push(fieldForbidden("parameters", "updates to parameters are forbidden."));
    }
    if (storageClass.provisioner !== old.provisioner) {
      errors.push(fieldForbidden("provisioner", "updates to provisioner are forbidden."));
    }
    if (storageClass.reclaimPolicy !== old.reclaimPolicy) {
      errors.push(fieldForbidden("reclaimPolicy", "updates to reclaimPolicy are forbidden."));
    }
    checkImmutable(errors, "volumeBindingMode", storageClass.volumeBindingMode, old.volumeBindingMode);
    return errors;
  },
});

export const storageClassTable = table<StorageClass>(
  [
    { ...nameColumn },
    column("Provisioner", "string", "provisioner indicates the type of the provisioner."),
    column(
      "ReclaimPolicy",
      "string",
      "reclaimPolicy controls the reclaimPolicy for dynamically provisioned PersistentVolumes of this storage class. Defaults to Delete.",
    ),
    column(
      "VolumeBindingMode",
      "string",
      "volumeBindingMode indicates how PersistentVolumeClaims should be provisioned and bound.  When unset, VolumeBindingImmediate is used. This field is only honored by servers that enable the VolumeScheduling feature.",
    ),
    column(
      "AllowVolumeExpansion",
      "string",
      "allowVolumeExpansion shows whether the storage class allow volume expand.",
    ),
    ageColumn,
  ],
  (storageClass, now) => [
    isDefault(storageClass) ? `${storageClass.metadata.name} (default)` : storageClass.metadata.name,
    storageClass.provisioner ?? "",
    storageClass.reclaimPolicy ?? "Delete",
    storageClass.volumeBindingMode ?? "<unset>",
    storageClass.allowVolumeExpansion ?? false,
    age(storageClass, now),
  ],
);

function isDefault(storageClass: StorageClass): boolean {
  const annotations = storageClass.metadata.annotations;
  return (
    annotations?.["storageclass.kubernetes.io/is-default-class"] === "true" ||
    annotations?.["storageclass.beta.kubernetes.io/is-default-class"] === "true"
  );
}
