/** What an update must leave alone in metadata, beyond what the pipeline has restored already. */
import type { FieldError } from "../../machinery/kinds/types.ts";
import type { UnstructuredObject } from "../../machinery/meta/object.ts";
import { fieldForbidden, immutable } from "../../machinery/status/field-errors.ts";

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
