import { readQuantity } from "../../quantity/read.ts";
import type { ResourceList } from "../../types/core/v1.ts";

/** The sum, in the form in which each is written. */
export function totalUsage(usages: readonly (ResourceList | undefined)[]): {
  readonly cpu: string;
  readonly memory: string;
} {
  const sum = (name: "cpu" | "memory"): string =>
    usages
      .map((usage) => readQuantity(usage?.[name] ?? "0"))
      .reduce((total, quantity) => total.add(quantity), readQuantity("0"))
      .toString();
  return { cpu: sum("cpu"), memory: sum("memory") };
}
