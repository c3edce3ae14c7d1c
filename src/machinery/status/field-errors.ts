/**
 * What is wrong with one field, in the words of k8s.io/apimachinery/pkg/util/validation/field. The functions give a
 * FieldError whose `message` has no field in it; invalid() in errors.ts puts them together.
 */
import type { FieldError, FieldErrorType } from "../kinds/types.ts";
import { goJson, goQuote } from "./go-format.ts";

/** A bad value as Go's validation prints it: strings quoted, everything else as JSON. Absent is `null`. */
function show(value: unknown): string {
  return typeof value === "string" ? goQuote(value) : goJson(value ?? null);
}

function make(type: FieldErrorType, field: string, head: string, detail: string): FieldError {
  return { type, field, message: detail === "" ? head : `${head}: ${detail}` };
}

const plural = (count: number, word: string): string => `${count} ${word}${count === 1 ? "" : "s"}`;

export function required(field: string, detail = ""): FieldError {
  return make("FieldValueRequired", field, "Required value", detail);
}

export function invalidValue(field: string, value: unknown, detail: string): FieldError {
  return make("FieldValueInvalid", field, `Invalid value: ${show(value)}`, detail);
}

/** A value of the wrong JSON type. */
export function typeInvalid(field: string, value: unknown, detail: string): FieldError {
  return make("FieldValueTypeInvalid", field, `Invalid value: ${show(value)}`, detail);
}

/** `supported` is printed in the order given: Kubernetes sorts it. */
export function notSupported(field: string, value: unknown, supported: readonly string[]): FieldError {
  const detail = supported.length > 0 ? `supported values: ${supported.map(goQuote).join(", ")}` : "";
  return make("FieldValueNotSupported", field, `Unsupported value: ${show(value)}`, detail);
}

export function fieldForbidden(field: string, detail: string): FieldError {
  return make("FieldValueForbidden", field, "Forbidden", detail);
}

export function duplicate(field: string, value: unknown): FieldError {
  return make("FieldValueDuplicate", field, `Duplicate value: ${show(value)}`, "");
}

export function valueNotFound(field: string, value: unknown): FieldError {
  return make("FieldValueNotFound", field, `Not found: ${show(value)}`, "");
}

/** `maxBytes` below 0: no figure is named. */
export function tooLong(field: string, maxBytes: number): FieldError {
  const detail = maxBytes < 0 ? "value is too long" : `may not be more than ${plural(maxBytes, "byte")}`;
  return make("FieldValueTooLong", field, "Too long", detail);
}

/** `actual` below 0: the number of items is not told. */
export function tooMany(field: string, actual: number, maxItems: number): FieldError {
  const detail = maxItems < 0 ? "has too many items" : `must have at most ${plural(maxItems, "item")}`;
  return make("FieldValueTooMany", field, actual < 0 ? "Too many" : `Too many: ${actual}`, detail);
}

export function internalFieldError(field: string, detail: string): FieldError {
  return make("InternalError", field, "Internal error", detail);
}

/** "field is immutable" */
export function immutable(field: string, value: unknown): FieldError {
  return invalidValue(field, value, "field is immutable");
}

/** "spec.containers[0].name: Required value" */
export function fieldErrorText(error: FieldError): string {
  return `${error.field}: ${error.message}`;
}
