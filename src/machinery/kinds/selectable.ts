import type { KubeObject } from "../meta/object.ts";

/**
 * Selectable fields by their path ("spec.nodeName"): the value as kube-apiserver compares it, "" where the field is
 * absent, except where `absent` says what Go's zero value is ("false", "0").
 */
export function selectable(
  paths: readonly string[],
  absent: Readonly<Record<string, string>> = {},
): Readonly<Record<string, (object: KubeObject) => string>> {
  return Object.fromEntries(paths.map((path) => [path, reader(path.split("."), absent[path] ?? "")]));
}

function reader(steps: readonly string[], absent: string): (object: KubeObject) => string {
  return (object) => {
    let value: unknown = object;
    for (const step of steps) {
      if (typeof value !== "object" || value === null) return absent;
      value = (value as Record<string, unknown>)[step];
    }
    return value === undefined || value === null ? absent : String(value);
  };
}
