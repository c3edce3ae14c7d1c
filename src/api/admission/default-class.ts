import type { KubeObject } from "../../machinery/meta/object.ts";

/**
 * The class that is marked as default. Should there be several, the newest, and of those made in the same second the first
 * by name: so k8s.io/component-helpers/storage/volume and DefaultIngressClass choose.
 */
export function defaultClassOf<T extends KubeObject>(
  classes: readonly T[],
  annotations: readonly string[],
): T | undefined {
  let chosen: T | undefined;
  for (const candidate of classes) {
    if (!annotations.some((name) => candidate.metadata.annotations?.[name] === "true")) continue;
    if (chosen === undefined || isBefore(candidate, chosen)) chosen = candidate;
  }
  return chosen;
}

function isBefore({ metadata: a }: KubeObject, { metadata: b }: KubeObject): boolean {
  const [made = "", other = ""] = [a.creationTimestamp, b.creationTimestamp];
  return made === other ? (a.name ?? "") < (b.name ?? "") : made > other;
}
