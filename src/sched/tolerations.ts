import type { Taint, Toleration } from "../machinery/types/core/v1.ts";

/** An empty key with Exists tolerates every taint, an empty effect every effect; Lt and Gt compare integers. */
export function tolerates(toleration: Toleration, taint: Taint): boolean {
  if (toleration.effect && toleration.effect !== taint.effect) return false;
  if (toleration.key && toleration.key !== taint.key) return false;
  const value = toleration.value ?? "";
  const tainted = taint.value ?? "";
  switch (toleration.operator || "Equal") {
    case "Exists":
      return true;
    case "Equal":
      return !!toleration.key && value === tainted;
    case "Lt":
      return integers(value, tainted) && Number(tainted) < Number(value);
    case "Gt":
      return integers(value, tainted) && Number(tainted) > Number(value);
    default:
      return false;
  }
}

export function toleratesTaint(tolerations: readonly Toleration[] | undefined, taint: Taint): boolean {
  return tolerations?.some((toleration) => tolerates(toleration, taint)) ?? false;
}

function integers(...values: string[]): boolean {
  return values.every((value) => /^(0|-?[1-9]\d*)$/.test(value));
}
