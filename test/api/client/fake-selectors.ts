/** Label and field selectors as the fake API server understands them: equality, set-based labels, and any field path. */
import type { KubeObject } from "../../../src/machinery/meta/object.ts";

export function matchesSelectors(
  object: KubeObject,
  selectors: { readonly labelSelector?: string; readonly fieldSelector?: string },
): boolean {
  const labels = object.metadata.labels ?? {};
  for (const part of requirements(selectors.labelSelector)) if (!matchesLabel(part, labels)) return false;
  for (const part of requirements(selectors.fieldSelector)) {
    const match = /^([^!=]+)(!=|==?)(.*)$/.exec(part);
    if (!match) throw new Error(`a field selector the fake does not know: ${part}`);
    const [, path = "", operator, value] = match;
    if ((fieldAt(object, path) === value) === (operator === "!=")) return false;
  }
  return true;
}

function requirements(selector: string | undefined): string[] {
  return selector ? selector.split(/,(?![^(]*\))/).map((part) => part.trim()) : [];
}

function matchesLabel(part: string, labels: Readonly<Record<string, string>>): boolean {
  const set = /^(\S+)\s+(in|notin)\s+\(([^)]*)\)$/.exec(part);
  if (set) {
    const [, key = "", operator, list = ""] = set;
    const value = labels[key];
    const within = value !== undefined && list.split(",").some((one) => one.trim() === value);
    return within === (operator === "in");
  }
  const equality = /^([^!=]+)(!=|==?)(.*)$/.exec(part);
  if (equality) return (labels[equality[1] ?? ""] === equality[3]) === (equality[2] !== "!=");
  return part.startsWith("!") ? !(part.slice(1) in labels) : part in labels;
}

function fieldAt(object: KubeObject, path: string): string {
  let value: unknown = object;
  for (const step of path.split(".")) value = (value as Record<string, unknown> | undefined)?.[step];
  return value === undefined || value === null ? "" : String(value);
}
