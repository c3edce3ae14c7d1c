/** Whether an applied configuration fits its type: unknown fields, wrong types, doubles in lists. */
import { isObject } from "../meta/immutable.ts";
import { goType } from "./go-type.ts";
import { itemElement } from "./list-item.ts";
import { elementText, fieldElement, indexElement, pathText } from "./path-element.ts";
import { freePlan, type TypePlan } from "./type-plan.ts";

/** `.spec.replica: field not declared in schema`; undefined where all is well. More than one come as lines. */
export function configurationErrors(config: object, plan: TypePlan): string | undefined {
  const errors: string[] = [];
  visit(config, plan, [], errors);
  if (errors.length <= 1) return errors[0];
  return ["errors:", ...errors.map((error) => `  ${error}`)].join("\n");
}

function visit(value: unknown, plan: TypePlan, path: string[], errors: string[]): void {
  if (value === null || plan.shape === "free") return;
  const fail = (why: string): void => void errors.push(path.length === 0 ? why : `${pathText(path)}: ${why}`);
  switch (plan.shape) {
    case "scalar":
      checkScalar(value, plan, fail);
      return;
    case "list":
      if (Array.isArray(value)) visitList(value, plan, path, errors);
      else fail(`expected list, got ${wrapped(value)}`);
      return;
    default:
      if (isObject(value)) visitMap(value, plan, path, errors);
      else fail(`expected map, got ${wrapped(value)}`);
  }
}

function checkScalar(value: unknown, { scalar }: TypePlan, fail: (why: string) => void): void {
  if (scalar === "numeric" && typeof value !== "number") fail(`expected numeric (int or float), got ${goType(value)}`);
  if (scalar === "boolean" && typeof value !== "boolean") fail(`expected boolean, got ${goType(value)}`);
  if (scalar === "string" && typeof value !== "string") {
    fail(`expected string, got &value.valueUnstructured{Value:${JSON.stringify(value)}}`);
  }
}

function wrapped(value: unknown): string {
  return `&{${typeof value === "string" ? value : JSON.stringify(value)}}`;
}

function visitMap(object: Record<string, unknown>, plan: TypePlan, path: string[], errors: string[]): void {
  for (const name of Object.keys(object)) {
    const field = plan.at(name);
    path.push(fieldElement(name));
    if (field === undefined) errors.push(`${pathText(path)}: field not declared in schema`);
    else visit(object[name], field, path, errors);
    path.pop();
  }
}

function visitList(list: readonly unknown[], plan: TypePlan, path: string[], errors: string[]): void {
  const seen = new Set<string>();
  for (const [i, item] of list.entries()) {
    let element = indexElement(i);
    if (!plan.atomic) {
      const name = itemElement(item, plan);
      if (name === undefined) {
        errors.push(`${pathText(path)}: element ${i}: ${whyUnnamed(item, plan)}`);
        continue;
      }
      if (seen.has(name)) errors.push(`${pathText(path)}: duplicate entries for key ${elementText(name)}`);
      seen.add(name);
      element = name;
    }
    path.push(element);
    visit(item, plan.item ?? freePlan, path, errors);
    path.pop();
  }
}

function whyUnnamed(item: unknown, { keys }: TypePlan): string {
  if (keys.length > 0) {
    if (item === null) return "associative list with keys may not have a null element";
    if (!isObject(item)) return "associative list with keys may not have non-map elements";
    const names = keys.map(({ name }) => JSON.stringify(name)).join(" ");
    return `associative list with keys has an element that omits all key fields [${names}] (and doesn't have default values for any key fields)`;
  }
  if (isObject(item)) return "associative list without keys has an element that's a map type";
  if (Array.isArray(item)) return "not supported: associative list with lists as elements";
  return "associative list without keys has an element that's an explicit null";
}
