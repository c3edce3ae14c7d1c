import type { NodeScorer } from "./types.ts";

/** Brings a raw score to 0 … 100 by the highest raw score among the nodes left, as kube-scheduler's DefaultNormalizeScore. */
export function normalized(raw: number, highest: number, how: NonNullable<NodeScorer["normalize"]>): number {
  if (highest === 0) return how === "lowest" ? 100 : raw;
  const share = Math.floor((raw * 100) / highest);
  return how === "lowest" ? 100 - share : share;
}
