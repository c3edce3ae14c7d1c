/** Sums and comparisons of resource lists, exact (k8s.io/apiserver/pkg/quota/v1). */

import { readQuantity } from "../quantity/read.ts";
import { amountOf, setAmount } from "../quantity/resource-list.ts";
import type { ResourceList } from "../types/core/v1.ts";

/** What of `list` is named by `names`. */
export function masked(list: ResourceList, names: Iterable<string>): ResourceList {
  const result: ResourceList = {};
  for (const name of names) {
    const amount = amountOf(list, name);
    if (amount !== undefined) setAmount(result, name, amount);
  }
  return result;
}

/** What `now` has more than `before`; names with nothing more are left out. */
export function increase(now: ResourceList, before: ResourceList): ResourceList {
  const result: ResourceList = {};
  for (const name in now) {
    const more = readQuantity(now[name] ?? "0").sub(readQuantity(amountOf(before, name) ?? "0"));
    if (more.nanos > 0n) setAmount(result, name, more.toString());
  }
  return result;
}

export function withoutZeros(list: ResourceList): ResourceList {
  const result: ResourceList = {};
  for (const name in list) if (!readQuantity(list[name] ?? "0").isZero) setAmount(result, name, list[name] ?? "0");
  return result;
}

/** The names of which there is more than `limits` have; what they do not name is unlimited. */
export function exceeding(amounts: ResourceList, limits: ResourceList): string[] {
  return Object.keys(amounts).filter((name) => {
    const limit = amountOf(limits, name);
    return limit !== undefined && readQuantity(amounts[name] ?? "0").compare(readQuantity(limit)) > 0;
  });
}

export function negativeNames(list: ResourceList): string[] {
  return Object.keys(list).filter((name) => readQuantity(list[name] ?? "0").nanos < 0n);
}

export function sameAmounts(a: ResourceList | undefined, b: ResourceList | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  const names = Object.keys(a);
  if (names.length !== Object.keys(b).length) return false;
  return names.every((name) => {
    const other = amountOf(b, name);
    return other !== undefined && readQuantity(a[name] ?? "0").compare(readQuantity(other)) === 0;
  });
}

/** `limits.cpu=2,pods=1`, as messages have it. */
export function amountsText(list: ResourceList): string {
  return Object.keys(list)
    .sort()
    .map((name) => `${name}=${readQuantity(list[name] ?? "0")}`)
    .join(",");
}
