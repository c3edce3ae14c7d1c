import { goJson, goQuote } from "../../../../status/go-format.ts";
import { sameJson } from "../../../validation/same-json.ts";

/**
 * What differs between two objects, laid out as kube-apiserver's message has it: the type's name, then old values after
 * "-" and new ones after "+", each under its path. (Go prints its own structs; here fields carry their JSON values.)
 */
export function goDiff(type: string, before: object, after: object): string {
  const lines: string[] = [];
  let same = 0;
  for (const field of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const old = (before as Record<string, unknown>)[field];
    const now = (after as Record<string, unknown>)[field];
    if (sameJson(old, now)) same++;
    else diff(lines, goName(field), old, now);
  }
  const rest = same > 0 ? `  \t... // ${same} identical fields\n` : "";
  return `  ${type}{\n${lines.join("")}${rest}  }\n`;
}

function diff(lines: string[], path: string, old: unknown, now: unknown): void {
  if (Array.isArray(old) && Array.isArray(now) && old.length === now.length) {
    for (const [i, item] of old.entries()) if (!sameJson(item, now[i])) diff(lines, `${path}[${i}]`, item, now[i]);
  } else if (isObject(old) && isObject(now)) {
    for (const field of new Set([...Object.keys(old), ...Object.keys(now)])) {
      if (!sameJson(old[field], now[field])) diff(lines, `${path}.${goName(field)}`, old[field], now[field]);
    }
  } else {
    lines.push(`- \t${path}: ${show(old)},\n`, `+ \t${path}: ${show(now)},\n`);
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function goName(field: string): string {
  return field.charAt(0).toUpperCase() + field.slice(1);
}

function show(value: unknown): string {
  if (value === undefined || value === null) return "nil";
  return typeof value === "string" ? goQuote(value) : goJson(value);
}
