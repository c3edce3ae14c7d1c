/** Query parameters as Kubernetes converts them. */
import { badRequest } from "../../machinery/status/errors.ts";
import { goQuote } from "../../machinery/status/go-format.ts";

/** "?follow", "?follow=true" and "?follow=1" are true; absent, "false" and "0" are not. */
export function booleanOf(query: URLSearchParams, name: string): boolean {
  const value = query.get(name);
  return value !== null && value.toLowerCase() !== "false" && value !== "0";
}

/** Undefined where it is absent or empty. Throws 400 for what is not a whole number of 64 bits. */
export function integerOf(query: URLSearchParams, name: string): number | undefined {
  const value = query.get(name);
  if (value === null || value === "") return undefined;
  if (!/^[+-]?\d+$/.test(value)) throw badRequest(`strconv.ParseInt: parsing ${goQuote(value)}: invalid syntax`);
  const number = Number(value);
  if (Math.abs(number) >= 2 ** 63) throw badRequest(`strconv.ParseInt: parsing ${goQuote(value)}: value out of range`);
  return number;
}
