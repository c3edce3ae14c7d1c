/** What every object's metadata must satisfy, on create and on update (k8s.io/apimachinery/pkg/api/validation). */
import type { FieldError, Strategy } from "../kinds/types.ts";
import { fieldForbidden, immutable, invalidValue, required, tooLong } from "../status/field-errors.ts";
import { goStringSlice } from "../status/go-format.ts";
import type { ManagedFieldsEntry, ObjectMeta, OwnerReference } from "../types/meta/v1.ts";
import {
  dns1035Label,
  dns1123Label,
  dns1123Subdomain,
  labelValueRule,
  pathSegmentName,
  qualifiedNameRule,
} from "./names.ts";

export type NameRule = NonNullable<Strategy["nameRule"]>;

const maxAnnotationBytes = 256 * 1024;
const maxManagerBytes = 128;
const maxSubresourceBytes = 256;
const orphan = "orphan";
const foreground = "foregroundDeletion";

const standardFinalizers: ReadonlySet<string> = new Set([orphan, foreground, "kubernetes"]);

const nameRules: Readonly<Record<NameRule, (name: string) => readonly string[]>> = {
  "dns1123-subdomain": dns1123Subdomain,
  "dns1123-label": dns1123Label,
  "dns1035-label": dns1035Label,
  "path-segment": pathSegmentName,
};

/** Why a name is refused. A generateName may end in "-", since something follows. */
export function validateName(name: string, rule: NameRule, isPrefix = false): readonly string[] {
  const masked = isPrefix && rule !== "path-segment" && name.length > 1 && name.endsWith("-");
  return nameRules[rule](masked ? `${name.slice(0, -2)}a` : name);
}

/** The name was generated already where it had to be. `path` is where the metadata stands: "spec.template.metadata". */
export function validateObjectMeta(
  meta: ObjectMeta,
  options: { readonly namespaced: boolean; readonly nameRule?: NameRule | undefined },
  path = "metadata",
): FieldError[] {
  const errors: FieldError[] = [];
  const rule = options.nameRule ?? "dns1123-subdomain";
  if (meta.generateName) {
    for (const message of validateName(meta.generateName, rule, true)) {
      errors.push(invalidValue(`${path}.generateName`, meta.generateName, message));
    }
  }
  if (!meta.name) errors.push(required(`${path}.name`, "name or generateName is required"));
  else {
    for (const message of validateName(meta.name, rule)) {
      errors.push(invalidValue(`${path}.name`, meta.name, message));
    }
  }
  if (!options.namespaced) {
    if (meta.namespace) errors.push(fieldForbidden(`${path}.namespace`, "not allowed on this type"));
  } else if (!meta.namespace) errors.push(required(`${path}.namespace`));
  else {
    for (const message of dns1123Label(meta.namespace)) {
      errors.push(invalidValue(`${path}.namespace`, meta.namespace, message));
    }
  }
  if (meta.generation !== undefined && meta.generation < 0) {
    errors.push(invalidValue(`${path}.generation`, meta.generation, "must be greater than or equal to 0"));
  }
  validateRest(meta, path, errors);
  validateFinalizers(meta.finalizers, `${path}.finalizers`, errors);
  return errors;
}

export function validateObjectMetaUpdate(meta: ObjectMeta, old: ObjectMeta, path = "metadata"): FieldError[] {
  const errors: FieldError[] = [];
  if (old.deletionTimestamp) {
    const known = new Set(old.finalizers);
    const added = [...new Set(meta.finalizers)].filter((finalizer) => !known.has(finalizer)).sort();
    if (added.length > 0) {
      const detail = `no new finalizers can be added if the object is being deleted, found new finalizers ${goStringSlice(added)}`;
      errors.push(fieldForbidden(`${path}.finalizers`, detail));
    }
  }
  if (!meta.resourceVersion) {
    errors.push(invalidValue(`${path}.resourceVersion`, "", "must be specified for an update"));
  }
  if ((meta.generation ?? 0) < (old.generation ?? 0)) {
    errors.push(invalidValue(`${path}.generation`, meta.generation ?? 0, "must not be decremented"));
  }
  for (const field of ["name", "namespace", "uid"] as const) {
    if ((meta[field] ?? "") !== (old[field] ?? "")) errors.push(immutable(`${path}.${field}`, meta[field] ?? ""));
  }
  for (const field of ["creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds"] as const) {
    if (meta[field] !== old[field]) errors.push(immutable(`${path}.${field}`, meta[field]));
  }
  validateRest(meta, path, errors);
  return errors;
}

// Most objects share a few labels: what was good once is good again.
const goodLabels = new Set<string>();
const goodLabelsLimit = 5000;

/** `metadata.labels: Invalid value: "-": name part must consist of …` */
export function validateLabels(labels: Readonly<Record<string, string>> | undefined, path: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const key in labels) {
    const value = labels[key] ?? "";
    const pair = `${key}=${value}`;
    if (goodLabels.has(pair)) continue;
    const before = errors.length;
    for (const message of qualifiedNameRule(key)) errors.push(invalidValue(path, key, message));
    for (const message of labelValueRule(value)) errors.push(invalidValue(path, value, message));
    if (errors.length === before && goodLabels.size < goodLabelsLimit) goodLabels.add(pair);
  }
  return errors;
}

export function validateAnnotations(
  annotations: Readonly<Record<string, string>> | undefined,
  path: string,
): FieldError[] {
  const errors: FieldError[] = [];
  let bytes = 0;
  for (const key in annotations) {
    for (const message of qualifiedNameRule(key.toLowerCase())) errors.push(invalidValue(path, key, message));
    bytes += Buffer.byteLength(key) + Buffer.byteLength(annotations[key] ?? "");
  }
  if (bytes > maxAnnotationBytes) errors.push(tooLong(path, maxAnnotationBytes));
  return errors;
}

/** A field manager's name: 128 bytes at most, all printable. */
export function validateFieldManager(manager: string, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (Buffer.byteLength(manager) > maxManagerBytes) errors.push(tooLong(path, maxManagerBytes));
  for (const { 0: char, index } of manager.matchAll(/[\p{C}\u00a0\u2000-\u200f\u2028\u2029]/gu)) {
    const code = (char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
    const position = Buffer.byteLength(manager.slice(0, index));
    errors.push(invalidValue(path, manager, `invalid character U+${code} (at position ${position})`));
  }
  return errors;
}

function validateRest(meta: ObjectMeta, path: string, errors: FieldError[]): void {
  if (meta.labels) errors.push(...validateLabels(meta.labels, `${path}.labels`));
  if (meta.annotations) errors.push(...validateAnnotations(meta.annotations, `${path}.annotations`));
  if (meta.ownerReferences) validateOwners(meta.ownerReferences, `${path}.ownerReferences`, errors);
  if (meta.managedFields) errors.push(...validateManagedFields(meta.managedFields, `${path}.managedFields`));
}

function validateOwners(owners: readonly OwnerReference[], path: string, errors: FieldError[]): void {
  let controller = "";
  for (const owner of owners) {
    const slash = owner.apiVersion?.indexOf("/") ?? -1;
    const version = owner.apiVersion?.slice(slash + 1) ?? "";
    if (version === "") {
      errors.push(invalidValue(`${path}.apiVersion`, owner.apiVersion ?? "", "version must not be empty"));
    }
    for (const field of ["kind", "name", "uid"] as const) {
      if (!owner[field]) errors.push(invalidValue(`${path}.${field}`, owner[field] ?? "", "must not be empty"));
    }
    if (owner.apiVersion === "v1" && owner.kind === "Event") {
      errors.push(invalidValue(path, owner, "/v1, Kind=Event is disallowed from being an owner"));
    }
    if (owner.controller !== true) continue;
    const name = `${owner.kind}/${owner.name}`;
    if (controller !== "") {
      const detail = `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${name}`;
      errors.push(invalidValue(path, owners, detail));
    } else controller = name;
  }
}

function validateFinalizers(finalizers: readonly string[] | undefined, path: string, errors: FieldError[]): void {
  for (const finalizer of finalizers ?? []) {
    for (const message of qualifiedNameRule(finalizer)) errors.push(invalidValue(path, finalizer, message));
    if (!finalizer.includes("/") && !standardFinalizers.has(finalizer)) {
      const detail = "name is neither a standard finalizer name nor is it fully qualified";
      errors.push(invalidValue(path, finalizer, detail));
    }
  }
  if (finalizers?.includes(orphan) && finalizers.includes(foreground)) {
    errors.push(invalidValue(path, finalizers, `finalizer ${orphan} and ${foreground} cannot be both set`));
  }
}

export function validateManagedFields(entries: readonly ManagedFieldsEntry[], path: string): FieldError[] {
  const errors: FieldError[] = [];
  entries.forEach((entry, i) => {
    const at = `${path}[${i}]`;
    if (entry.operation !== "Apply" && entry.operation !== "Update") {
      errors.push(invalidValue(`${at}.operation`, entry.operation ?? "", "must be `Apply` or `Update`"));
    }
    if (entry.fieldsType && entry.fieldsType !== "FieldsV1") {
      errors.push(invalidValue(`${at}.fieldsType`, entry.fieldsType, "must be `FieldsV1`"));
    }
    errors.push(...validateFieldManager(entry.manager ?? "", `${at}.manager`));
    if (Buffer.byteLength(entry.subresource ?? "") > maxSubresourceBytes) {
      errors.push(tooLong(`${at}.subresource`, maxSubresourceBytes));
    }
  });
  return errors;
}
