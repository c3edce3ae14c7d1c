import { dns1123Subdomain } from "../../meta/names.ts";
import { readQuantity } from "../../quantity/read.ts";
import { fieldForbidden, invalidValue, notSupported, required } from "../../status/field-errors.ts";
import type { PersistentVolumeClaim } from "../../types/core/v1.ts";
import type { FieldError } from "../types.ts";
import { checkOptionalOneOf, checkRule, type Errors } from "../validation/checks.ts";
import { checkLabelSelector } from "../validation/labels.ts";
import { sameJson } from "../validation/same-json.ts";
import { goDiff } from "./pod/validation/spec-diff.ts";

const modes = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"];

export function checkAccessModes(errors: Errors, path: string, accessModes: readonly string[] | undefined): void {
  if (!accessModes?.length) {
    errors.push(required(path, "at least 1 access mode is required"));
    return;
  }
  for (const mode of accessModes) if (!modes.includes(mode)) errors.push(notSupported(path, mode, modes));
  if (accessModes.includes("ReadWriteOncePod") && accessModes.length > 1) {
    errors.push(fieldForbidden(path, "may not use ReadWriteOncePod with other access modes"));
  }
}

export function validateClaim({ spec }: PersistentVolumeClaim): FieldError[] {
  const errors: Errors = [];
  checkAccessModes(errors, "spec.accessModes", spec?.accessModes);
  if (spec?.selector) checkLabelSelector(errors, "spec.selector", spec.selector);
  const storage = spec?.resources?.requests?.storage;
  if (storage === undefined) errors.push(required("spec.resources[storage]"));
  else if (readQuantity(storage).nanos <= 0n) {
    errors.push(invalidValue("spec.resources[storage]", storage, "must be greater than zero"));
  }
  if (spec?.storageClassName) checkRule(errors, "spec.storageClassName", spec.storageClassName, dns1123Subdomain);
  checkOptionalOneOf(errors, "spec.volumeMode", spec?.volumeMode, ["Block", "Filesystem"]);
  return errors;
}

const immutable =
  "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims";

export function validateClaimUpdate(claim: PersistentVolumeClaim, old: PersistentVolumeClaim): FieldError[] {
  const errors: Errors = [];
  const before = old.spec ?? {};
  const munged = { ...claim.spec };
  // The binder sets the volume once; a class may be given afterwards to a claim that had none.
  if (!before.volumeName) munged.volumeName = before.volumeName ?? "";
  if (!munged.volumeName) delete munged.volumeName;
  if (before.storageClassName === undefined && !old.spec?.volumeName) delete munged.storageClassName;
  if (old.status?.phase === "Bound") {
    if (before.resources) munged.resources = withRequest(munged.resources, before.resources.requests);
    if (before.volumeAttributesClassName === undefined) delete munged.volumeAttributesClassName;
    else munged.volumeAttributesClassName = before.volumeAttributesClassName;
  }
  if (!sameJson(munged, before)) {
    errors.push(fieldForbidden("spec", `${immutable}\n${goDiff("core.PersistentVolumeClaimSpec", before, munged)}`));
  }
  const wanted = claim.spec?.resources?.requests?.storage;
  const had = before.resources?.requests?.storage;
  if (wanted !== undefined && had !== undefined && readQuantity(wanted).compare(readQuantity(had)) < 0) {
    const granted = old.status?.capacity?.storage;
    if (granted === undefined || readQuantity(wanted).compare(readQuantity(granted)) <= 0) {
      errors.push(fieldForbidden("spec.resources.requests.storage", "field can not be less than status.capacity"));
    }
  }
  return errors;
}

type Resources = NonNullable<PersistentVolumeClaim["spec"]>["resources"];

function withRequest(
  resources: Resources | undefined,
  requests: NonNullable<Resources>["requests"] | undefined,
): NonNullable<Resources> {
  const { requests: _, ...rest } = resources ?? {};
  return requests === undefined ? rest : { ...rest, requests };
}
