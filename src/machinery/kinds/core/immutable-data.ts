import { fieldForbidden } from "../../status/field-errors.ts";
import type { Errors } from "../validation/checks.ts";
import { sameJson } from "../validation/same-json.ts";

/** A ConfigMap or Secret marked immutable: neither the mark nor the data change any more. */
export function checkImmutableData<T extends { readonly immutable?: boolean }>(
  errors: Errors,
  now: T,
  old: T,
  fields: readonly (keyof T & string)[],
): void {
  if (old.immutable !== true) return;
  const refuse = (field: string) => errors.push(fieldForbidden(field, "field is immutable when `immutable` is set"));
  if (now.immutable !== true) refuse("immutable");
  for (const field of fields) if (!sameJson(now[field] ?? {}, old[field] ?? {})) refuse(field);
}
