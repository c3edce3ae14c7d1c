/** -o yaml, -o json and -o name. Keys come out sorted, as kubectl prints what it does not know the type of. */
import { stringify } from "yaml";
import type { KubeObject } from "../../machinery/meta/object.ts";
import { parseApiVersion } from "../../machinery/meta/object.ts";

export function toJson(value: unknown): string {
  return `${JSON.stringify(sortKeys(value), null, 4)}\n`;
}

export function toYaml(value: unknown): string {
  return stringify(sortKeys(value), { lineWidth: 0, indentSeq: false, version: "1.1", aliasDuplicateObjects: false });
}

/** "pod/web", "deployment.apps/web" */
export function toName(object: KubeObject): string {
  const { group } = parseApiVersion(object.apiVersion ?? "");
  const kind = (object.kind ?? "").toLowerCase();
  return `${group === "" ? kind : `${kind}.${group}`}/${object.metadata.name}\n`;
}

/** managedFields are noise unless asked for (--show-managed-fields). */
export function withoutManagedFields<T>(value: T): T {
  const strip = (object: Record<string, unknown>): Record<string, unknown> => {
    const { metadata } = object;
    if (typeof metadata !== "object" || metadata === null || !("managedFields" in metadata)) return object;
    const { managedFields: _, ...rest } = metadata as Record<string, unknown>;
    return { ...object, metadata: rest };
  };
  const top = value as Record<string, unknown>;
  const stripped = strip(top);
  return (
    Array.isArray(stripped.items) ? { ...stripped, items: stripped.items.map((item) => strip(item)) } : stripped
  ) as T;
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, entry]) => [key, sortKeys(entry)]));
}
