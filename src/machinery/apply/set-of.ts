/** Which fields an applied configuration names, and so owns. */
import { isObject } from "../meta/immutable.ts";
import { type FieldSet, FieldSetBuilder } from "./field-set.ts";
import { itemsByElement } from "./list-item.ts";
import { fieldElement } from "./path-element.ts";
import { freePlan, type TypePlan } from "./type-plan.ts";

/** Scalars and atomic values as wholes; items of lists and keys of maps by themselves too, fields of structs only below. */
export function setOf(object: object, plan: TypePlan): FieldSet {
  const builder = new FieldSetBuilder();
  visit(object, plan, [], builder);
  return builder.build();
}

function visit(value: unknown, plan: TypePlan, path: string[], into: FieldSetBuilder): void {
  if (isObject(value) && !plan.atomic && plan.shape !== "scalar") visitMap(value, plan, path, into);
  else if (Array.isArray(value) && plan.shape === "list" && !plan.atomic) visitList(value, plan, path, into);
  else if (value === null && !plan.atomic && (plan.shape === "map" || plan.shape === "list")) return;
  else into.insert(path);
}

function visitMap(object: Record<string, unknown>, plan: TypePlan, path: string[], into: FieldSetBuilder): void {
  for (const name of Object.keys(object)) {
    const value = object[name];
    if (value === undefined) continue;
    path.push(fieldElement(name));
    visit(value, plan.at(name) ?? freePlan, path, into);
    const isEmpty = value === null || (isObject(value) && Object.keys(value).length === 0);
    if (isEmpty || !plan.fields.has(name)) into.insert(path);
    path.pop();
  }
}

function visitList(list: readonly unknown[], plan: TypePlan, path: string[], into: FieldSetBuilder): void {
  for (const [element, items] of itemsByElement(list, plan)) {
    path.push(element);
    // Doubles are owned as one.
    if (items.length === 1) visit(items[0], plan.item ?? freePlan, path, into);
    into.insert(path);
    path.pop();
  }
}
