/** How an item of a list is named in a path. */
import { indexElement, valueElement } from "./path-element.ts";
import type { TypePlan } from "./type-plan.ts";

/** undefined where the item has no name: it is not an object, has none of the keys, or is no scalar in a set. */
export function itemElement(item: unknown, { keys }: TypePlan): string | undefined {
  if (keys.length === 0) return typeof item === "object" ? undefined : valueElement(item);
  if (typeof item !== "object" || item === null || Array.isArray(item)) return undefined;
  const object = item as Record<string, unknown>;
  let text = "";
  for (const { name, head, default: fallback } of keys) {
    const value = object[name] ?? fallback;
    if (value === undefined) continue;
    text += (text === "" ? "" : ",") + head + JSON.stringify(value);
  }
  return text === "" ? undefined : `k:{${text}}`;
}

/** The items by name, in their order; an item that has none goes by its place, of doubles all are kept. */
export function itemsByElement(list: readonly unknown[], plan: TypePlan): Map<string, unknown[]> {
  const items = new Map<string, unknown[]>();
  for (const [i, item] of list.entries()) {
    const element = itemElement(item, plan) ?? indexElement(i);
    const same = items.get(element);
    if (same) same.push(item);
    else items.set(element, [item]);
  }
  return items;
}
