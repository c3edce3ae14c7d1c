/** Taking fields out of an object. */
import { isObject, setKey } from "../meta/immutable.ts";
import { type FieldSet, isEmptySet } from "./field-set.ts";
import { itemElement } from "./list-item.ts";
import { fieldElement, indexElement } from "./path-element.ts";
import { freePlan, type TypePlan } from "./type-plan.ts";

/** A copy without the fields, keys and items of the set. What becomes empty by it goes too, except the object itself. */
export function removeFields(object: object, set: FieldSet, plan: TypePlan): Record<string, unknown> {
  if (isEmptySet(set)) return object as Record<string, unknown>;
  return (remove(object, set, plan) ?? {}) as Record<string, unknown>;
}

function remove(value: unknown, set: FieldSet, plan: TypePlan): unknown {
  if (set.children === undefined || typeof value !== "object" || value === null) return value;
  if (plan.atomic || plan.shape === "scalar") return undefined;
  if (isObject(value)) {
    const rest: Record<string, unknown> = {};
    for (const name of Object.keys(value)) {
      const below = set.children.get(fieldElement(name));
      const kept = removeChild(value[name], below, plan.at(name) ?? freePlan);
      if (kept !== undefined) setKey(rest, name, kept);
    }
    return Object.keys(rest).length === 0 && Object.keys(value).length > 0 ? undefined : rest;
  }
  if (plan.shape !== "list") return undefined;
  const rest: unknown[] = [];
  const list = value as readonly unknown[];
  for (const [i, item] of list.entries()) {
    const below = set.children.get(itemElement(item, plan) ?? indexElement(i));
    const kept = removeChild(item, below, plan.item ?? freePlan);
    if (kept !== undefined) rest.push(kept);
  }
  return rest.length === 0 && list.length > 0 ? undefined : rest;
}

function removeChild(value: unknown, below: FieldSet | undefined, plan: TypePlan): unknown {
  if (below === undefined) return value;
  return below.member ? undefined : remove(value, below, plan);
}

/** The set with the fields of structs above its paths as members, so that a struct goes with the last of its fields. */
export function withNamedFields(set: FieldSet, plan: TypePlan | undefined): FieldSet {
  if (set.children === undefined || plan === undefined) return set;
  const children = new Map<string, FieldSet>();
  for (const [element, child] of set.children) {
    const name = element.startsWith("f:") ? element.slice(2) : undefined;
    const isField = name !== undefined && plan.shape === "map" && plan.fields.has(name);
    const inner = withNamedFields(child, name === undefined ? plan.item : plan.at(name));
    children.set(element, isField && !inner.member ? { member: true, children: inner.children } : inner);
  }
  return { member: set.member, children };
}
