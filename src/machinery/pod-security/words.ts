import { goQuote } from "../status/go-format.ts";
import type { Container, PodSpec } from "../types/core/v1.ts";

/** One thing that a pod does and a standard forbids. */
export interface Violation {
  /** "host namespaces" */
  readonly reason: string;
  /** "hostNetwork=true"; "" where the reason says it all. */
  readonly detail: string;
}

/** Init containers, containers, ephemeral containers: the order in which messages name them. */
export function containersOf(spec: PodSpec): readonly Container[] {
  const { initContainers, containers = [], ephemeralContainers } = spec;
  if (!initContainers?.length && !ephemeralContainers?.length) return containers;
  return [...(initContainers ?? []), ...containers, ...((ephemeralContainers ?? []) as unknown as Container[])];
}

export function plural(one: string, many: string, count: number): string {
  return count === 1 ? one : many;
}

export function quoted(values: readonly string[]): string {
  return values.map(goQuote).join(", ");
}

/** `container "a"`, `containers "a", "b"`. */
export function named(names: readonly string[]): string {
  return `${plural("container", "containers", names.length)} ${quoted(names)}`;
}

/** `pod and container "a"`: who has set something. */
export function setters(pod: boolean, names: readonly string[]): string {
  return [...(pod ? ["pod"] : []), ...(names.length > 0 ? [named(names)] : [])].join(" and ");
}

export function sorted(values: Iterable<string>): string[] {
  return [...new Set(values)].sort();
}
