import type { Taint, Toleration } from "../../../types/core/v1.ts";

/** An empty key with operator Exists tolerates every taint, an empty effect every effect; Lt and Gt compare integers. */
export function tolerates(toleration: Toleration, taint: Taint): boolean {
  if (toleration.effect && toleration.effect !== taint.effect) return false;
  if (toleration.key && toleration.key !== taint.key) return false;
  switch (toleration.operator || "Equal") {
    case "Exists":
      return true;
    case "Equal":
      return Boolean(toleration.key) && (toleration.value ?? "") === (taint.value ?? "");
    case "Lt":
      return comparable(toleration.value, taint.value, (tolerated, value) => value < tolerated);
    case "Gt":
      return comparable(toleration.value, taint.value, (tolerated, value) => value > tolerated);
    default:
      return false;
  }
}

function comparable(
  tolerated: string | undefined,
  value: string | undefined,
  holds: (tolerated: number, value: number) => boolean,
): boolean {
  return integer.test(tolerated ?? "") && integer.test(value ?? "") && holds(Number(tolerated), Number(value));
}

const integer = /^(0|-?[1-9][0-9]*)$/;

export function toleratesTaint(tolerations: readonly Toleration[] | undefined, taint: Taint): boolean {
  return tolerations?.some((toleration) => tolerates(toleration, taint)) ?? false;
}

/** The first taint that none of the tolerations tolerates, among those that `concerns` picks (by effect, mostly). */
export function firstUntoleratedTaint(
  taints: readonly Taint[] | undefined,
  tolerations: readonly Toleration[] | undefined,
  concerns: (taint: Taint) => boolean,
): Taint | undefined {
  return taints?.find((taint) => concerns(taint) && !toleratesTaint(tolerations, taint));
}

/**
 * How many seconds a pod with these tolerations may stay on a node that has `taints` (NoExecute ones count): 0 when some
 * taint is not tolerated, Infinity when all are for ever. As the taint eviction controller reckons: the shortest of the
 * tolerations used, where one without tolerationSeconds sets no bound.
 */
export function tolerationSeconds(
  taints: readonly Taint[] | undefined,
  tolerations: readonly Toleration[] | undefined,
): number {
  let shortest = Number.POSITIVE_INFINITY;
  for (const taint of taints ?? []) {
    if (taint.effect !== "NoExecute") continue;
    const toleration = tolerations?.find((candidate) => tolerates(candidate, taint));
    if (toleration === undefined) return 0;
    if (toleration.tolerationSeconds !== undefined) {
      shortest = Math.min(shortest, Math.max(0, toleration.tolerationSeconds));
    }
  }
  return shortest;
}
