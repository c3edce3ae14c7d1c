import { invalidValue } from "../../status/field-errors.ts";
import type { FieldError } from "../types.ts";
import { checkNotNegative, type Errors } from "../validation/checks.ts";

/** The counts of a status by their field names: none may be below zero. */
export function checkCounts(errors: Errors, counts: Readonly<Record<string, number>>): void {
  for (const [field, count] of Object.entries(counts)) checkNotNegative(errors, `status.${field}`, count);
}

/** One count that cannot exceed another. */
export function moreThan(field: string, count: number, other: string): FieldError {
  return invalidValue(`status.${field}`, count, `cannot be greater than ${other}`);
}
