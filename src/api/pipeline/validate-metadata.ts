/** What holds for every object's metadata (k8s.io/apimachinery/pkg/api/validation/objectmeta.go). */
import type { FieldError, Strategy } from "../../machinery/kinds/types.ts";
import { dns1123Label, labelValueRule, qualifiedNameRule } from "../../machinery/meta/names.ts";
import type { UnstructuredObject } from "../../machinery/meta/object.ts";
import { fieldForbidden, immutable, invalidValue, required, tooLong } from "../../machinery/status/field-errors.ts";
import { nameProblems } from "./names.ts";

const maxAnnotations = 256 * 1024;
const builtinFinalizers: ReadonlySet<string> = new Set(["orphan", "foregroundDeletion", "kubernetes"]);

export function validateMetadata(object: UnstructuredObject, namespaced: boolean, strategy: Strategy): FieldError[] {
  const { metadata } = object;
  const errors: FieldError[] = [];
  if (metadata.generateName) {
    for (const why of nameProblems(strategy.nameRule, metadata.generateName, true)) {
      errors.push(invalidValue("metadata.generateName", metadata.generateName, why));
    }
  }
  if (!metadata.name) errors.push(required("metadata.name", "name or generateName is required"));
  else {
    for (const why of nameProblems(strategy.nameRule, metadata.name, false)) {
      errors.push(invalidValue("metadata.name", metadata.name, why));
    }
  }
  if (namespaced) {
    if (!metadata.namespace) errors.push(required("metadata.namespace"));
    else {
      for (const why of dns1123Label(metadata.namespace)) {
        errors.push(invalidValue("metadata.namespace", metadata.namespace, why));
      }
    }
  }
  if (metadata.labels) validateLabels(metadata.labels, errors);
  if (metadata.annotations) validateAnnotations(metadata.annotations, errors);
  if (metadata.ownerReferences) validateOwners(metadata.ownerReferences, errors);
  if (metadata.finalizers) validateFinalizers(metadata.finalizers, errors);
  return errors;
}

/** What an update must leave alone. The pipeline has restored what the server owns before. */
export function validateMetadataUpdate(object: UnstructuredObject, old: UnstructuredObject): FieldError[] {
  const errors: FieldError[] = [];
  const { metadata } = object;
  if (old.metadata.deletionTimestamp !== undefined) {
    const known = new Set(old.metadata.finalizers ?? []);
    const added = (metadata.finalizers ?? []).filter((finalizer) => !known.has(finalizer));
    if (added.length > 0) {
      const list = `[]string{${added.map((finalizer) => JSON.stringify(finalizer)).join(", ")}}`;
      const why = `no new finalizers can be added if the object is being deleted, found new finalizers ${list}`;
      errors.push(fieldForbidden("metadata.finalizers", why));
    }
  }
  if (metadata.name !== old.metadata.name) errors.push(immutable("metadata.name", metadata.name));
  if (metadata.namespace !== old.metadata.namespace) errors.push(immutable("metadata.namespace", metadata.namespace));
  return errors;
}

// Most objects share a few labels: what was good once is good again.
const goodLabels = new Set<string>();
const goodLabelsLimit = 5000;

function validateLabels(labels: Readonly<Record<string, string>>, errors: FieldError[]): void {
  for (const key in labels) {
    const value = labels[key] ?? "";
    const pair = `${key}=${value}`;
    if (goodLabels.has(pair)) continue;
    const before = errors.length;
    for (const why of qualifiedNameRule(key)) errors.push(invalidValue("metadata.labels", key, why));
    for (const why of labelValueRule(value)) errors.push(invalidValue("metadata.labels", value, why));
    if (errors.length === before && goodLabels.size < goodLabelsLimit) goodLabels.add(pair);
  }
}

function validateAnnotations(annotations: Readonly<Record<string, string>>, errors: FieldError[]): void {
  let size = 0;
  for (const key in annotations) {
    for (const why of qualifiedNameRule(key.toLowerCase())) errors.push(invalidValue("metadata.annotations", key, why));
    size += Buffer.byteLength(key) + Buffer.byteLength(annotations[key] ?? "");
  }
  if (size > maxAnnotations) errors.push(tooLong("metadata.annotations", maxAnnotations));
}

function validateOwners(
  owners: NonNullable<UnstructuredObject["metadata"]["ownerReferences"]>,
  errors: FieldError[],
): void {
  const field = "metadata.ownerReferences";
  let controller: string | undefined;
  owners.forEach((owner, i) => {
    const at = `${field}[${i}]`;
    if (!owner.apiVersion) errors.push(invalidValue(`${at}.apiVersion`, owner.apiVersion, "version must not be empty"));
    if (!owner.kind) errors.push(invalidValue(`${at}.kind`, owner.kind, "must not be empty"));
    if (!owner.name) errors.push(invalidValue(`${at}.name`, owner.name, "must not be empty"));
    if (!owner.uid) errors.push(invalidValue(`${at}.uid`, owner.uid, "must not be empty"));
    if (owner.controller !== true) return;
    if (controller !== undefined) {
      const why = `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${owner.name}`;
      errors.push(invalidValue(field, owners, why));
    }
    controller = owner.name;
  });
}

function validateFinalizers(finalizers: readonly string[], errors: FieldError[]): void {
  for (const finalizer of finalizers) {
    for (const why of qualifiedNameRule(finalizer)) errors.push(invalidValue("metadata.finalizers", finalizer, why));
    if (!finalizer.includes("/") && !builtinFinalizers.has(finalizer)) {
      const why = "name is neither a standard finalizer name nor is it fully qualified";
      errors.push(invalidValue("metadata.finalizers", finalizer, why));
    }
  }
  if (finalizers.includes("orphan") && finalizers.includes("foregroundDeletion")) {
    const why = "finalizer orphan and foregroundDeletion cannot be both set";
    errors.push(invalidValue("metadata.finalizers", finalizers, why));
  }
}
