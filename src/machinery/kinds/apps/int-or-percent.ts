import type { IntOrString } from "../../types/meta/intstr.ts";

/**
 * A number as it stands, or a percentage of `total`, rounded up or down. Undefined where the value is neither
 * (validation has refused it before it is stored).
 */
export function scaledValue(value: IntOrString, total: number, roundUp: boolean): number | undefined {
  if (typeof value === "number") return value;
  const percent = percentOf(value);
  if (percent === undefined) return undefined;
  const exact = (percent * total) / 100;
  return roundUp ? Math.ceil(exact) : Math.floor(exact);
}

/** 25 for "25%". */
export function percentOf(value: IntOrString): number | undefined {
  if (typeof value === "number") return undefined;
  const match = /^([0-9]+)%$/.exec(value);
  return match ? Number(match[1]) : undefined;
}

/**
 * How many pods a rolling update may add and may take away. Where both come out 0 (percentages of few replicas), one
 * may be unavailable, since otherwise nothing would ever move.
 */
export function rollingUpdateBounds(
  replicas: number,
  maxSurge: IntOrString,
  maxUnavailable: IntOrString,
): { maxSurge: number; maxUnavailable: number } {
  const surge = scaledValue(maxSurge, replicas, true) ?? 0;
  const unavailable = scaledValue(maxUnavailable, replicas, false) ?? 0;
  return { maxSurge: surge, maxUnavailable: surge === 0 && unavailable === 0 ? 1 : unavailable };
}
