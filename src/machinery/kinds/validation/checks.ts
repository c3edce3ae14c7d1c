/** Small rules that many kinds share. Each adds what is wrong to `errors`, so that all causes are told at once. */
import { inclusiveRangeMessage, percentRule, portName, portNumber } from "../../meta/names.ts";
import { immutable, invalidValue, notSupported, required } from "../../status/field-errors.ts";
import type { IntOrString } from "../../types/meta/intstr.ts";
import type { FieldError } from "../types.ts";
import { sameJson } from "./same-json.ts";

export type Errors = FieldError[];

const notNegative = "must be greater than or equal to 0";
export const maxInt32 = 2147483647;

/** A rule as meta/names.ts has them: the reasons why a text is refused. */
export type Rule = (value: string) => readonly string[];

export function checkRule(errors: Errors, path: string, value: string, rule: Rule): void {
  for (const reason of rule(value)) errors.push(invalidValue(path, value, reason));
}

export function checkNotNegative(errors: Errors, path: string, value: number | undefined): void {
  if (value !== undefined && value < 0) errors.push(invalidValue(path, value, notNegative));
}

export function checkRange(errors: Errors, path: string, value: number | undefined, low: number, high: number): void {
  if (value !== undefined && (value < low || value > high)) {
    errors.push(invalidValue(path, value, inclusiveRangeMessage(low, high)));
  }
}

/** Nothing said is a fault of its own, told as a missing value. */
export function checkOneOf(
  errors: Errors,
  path: string,
  value: string | undefined,
  supported: readonly string[],
): void {
  if (!value) errors.push(required(path));
  else if (!supported.includes(value)) errors.push(notSupported(path, value, supported));
}

/** As checkOneOf, for what may be left out. */
export function checkOptionalOneOf(
  errors: Errors,
  path: string,
  value: string | undefined,
  supported: readonly string[],
): void {
  if (value !== undefined && !supported.includes(value)) errors.push(notSupported(path, value, supported));
}

export function checkPort(errors: Errors, path: string, port: number): void {
  for (const reason of portNumber(port)) errors.push(invalidValue(path, port, reason));
}

export function checkPortNumberOrName(errors: Errors, path: string, port: IntOrString | undefined): void {
  const value = port ?? 0;
  const reasons = typeof value === "number" ? portNumber(value) : portName(value);
  for (const reason of reasons) errors.push(invalidValue(path, value, reason));
}

export function checkIntOrPercent(errors: Errors, path: string, value: IntOrString | undefined): void {
  if (value === undefined) return;
  if (typeof value === "number") checkNotNegative(errors, path, value);
  else for (const reason of percentRule(value)) errors.push(invalidValue(path, value, reason));
}

export function checkImmutable(errors: Errors, path: string, value: unknown, old: unknown): void {
  if (!sameJson(value, old)) errors.push(immutable(path, value));
}
