/** An applied configuration laid over the object that stands there: what is not named stays. */
import { isObject, setKey } from "../meta/immutable.ts";
import { itemsByElement } from "./list-item.ts";
import { freePlan, type TypePlan } from "./type-plan.ts";

/** The result shares with both what was not merged; nothing is changed in place. */
export function mergeConfiguration(live: object, config: object, plan: TypePlan): Record<string, unknown> {
  return merge(live, config, plan) as Record<string, unknown>;
}

function merge(live: unknown, config: unknown, plan: TypePlan): unknown {
  if (config === undefined) return live;
  if (live === undefined || plan.atomic || plan.shape === "scalar") return config;
  if (isObject(live) && (isObject(config) || config === null)) {
    // A null says nothing of what is merged field by field.
    return config === null ? live : mergeMaps(live, config, plan);
  }
  if (plan.shape === "list" && Array.isArray(live)) {
    if (config === null) return live;
    if (Array.isArray(config)) return mergeLists(live, config, plan);
  }
  return config;
}

function mergeMaps(
  live: Record<string, unknown>,
  config: Record<string, unknown>,
  plan: TypePlan,
): Record<string, unknown> {
  const merged = { ...live };
  for (const name of Object.keys(config)) {
    const before = Object.hasOwn(live, name) ? live[name] : undefined;
    setKey(merged, name, merge(before, config[name], plan.at(name) ?? freePlan));
  }
  return merged;
}

/**
 * The items of the configuration come in its order; those that only the object has keep their place before the next item
 * that both have.
 */
function mergeLists(live: readonly unknown[], config: readonly unknown[], plan: TypePlan): unknown[] {
  const before = itemsByElement(live, plan);
  const after = itemsByElement(config, plan);
  // Doubles of the object stand one after another, at the place of the first.
  const left = [...before.keys()];
  const shared = [...after.keys()].filter((element) => before.has(element));
  const merged: unknown[] = [];
  let at = 0;
  let next = 0;
  for (const [element, items] of after) {
    for (; at < left.length; at++) {
      const own = left[at] as string;
      if (!after.has(own)) merged.push(...(before.get(own) ?? []));
      else if (own === shared[next]) break;
    }
    const lives = before.get(element) ?? [];
    merged.push(merge(lives.length === 1 ? lives[0] : undefined, items[0], plan.item ?? freePlan));
    if (element === shared[next]) {
      if (left[at] === element) at++;
      next++;
    }
  }
  for (; at < left.length; at++) {
    const own = left[at] as string;
    if (!after.has(own)) merged.push(...(before.get(own) ?? []));
  }
  return merged;
}
