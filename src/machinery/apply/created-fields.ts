/**
 * What a create owns, straight as FieldsV1: the same as comparing the object with its type's empty value, without the
 * sets in between, since every create pays for it.
 */
import { byShape } from "./created-shapes.ts";
import { itemElement } from "./list-item.ts";
import { compareValues, indexElement } from "./path-element.ts";
import { type FieldPlan, freePlan, type TypePlan } from "./type-plan.ts";

/** Fields of the object and of its metadata that the server sets, and that nobody owns. */
const unownedTop: ReadonlySet<string> = new Set(["apiVersion", "kind"]);
export const unownedMeta: ReadonlySet<string> = new Set([
  "name",
  "namespace",
  "creationTimestamp",
  "selfLink",
  "uid",
  "clusterName",
  "generation",
  "managedFields",
  "resourceVersion",
]);

/** "{}" where nothing is owned. `withoutStatus`: the status that a client sends is not kept. */
export function createdFieldsText(object: object, plan: TypePlan, withoutStatus: boolean): string {
  return byShape(object, plan, withoutStatus, () => madeText(object, plan, withoutStatus));
}

function madeText(object: object, plan: TypePlan, withoutStatus: boolean): string {
  const text = fields(object as Record<string, unknown>, plan, true, withoutStatus ? "top-without-status" : "top");
  return text === "" ? "{}" : `{${text}}`;
}

type Place = "top" | "top-without-status" | "metadata" | "";

function skips(place: Place, name: string): boolean {
  if (place === "") return false;
  if (place === "metadata") return unownedMeta.has(name);
  return unownedTop.has(name) || (place === "top-without-status" && name === "status");
}

/** Fields found so far, of all structs that are being visited: one array instead of one for each struct. */
const found: FieldPlan[] = [];
const values: unknown[] = [];

/** The contents of a map or struct, without the braces. `given`: it was there, empty. */
function fields(object: Record<string, unknown>, plan: TypePlan, given: boolean, place: Place): string {
  const known = plan.fields;
  if (known.size === 0) return keys(object, plan.item ?? freePlan);
  const base = found.length;
  for (const name in object) {
    const value = object[name];
    if (value === undefined || (place !== "" && skips(place, name))) continue;
    const field = known.get(name);
    if (field === undefined) {
      found.length = values.length = base;
      return mixed(object, plan, given, place);
    }
    // Insertion: few fields, and mostly in order.
    let at = found.length;
    found.push(field);
    values.push(value);
    for (; at > base && (found[at - 1] as FieldPlan).rank > field.rank; at--) {
      found[at] = found[at - 1] as FieldPlan;
      values[at] = values[at - 1];
    }
    found[at] = field;
    values[at] = value;
  }
  const end = found.length;
  let text = "";
  for (let i = base; i < end; i++) {
    const field = found[i] as FieldPlan;
    const inner = valueText(values[i], field.plan, given && field.given, insideOf(place, field.head));
    if (inner !== "") text += (text === "" ? "" : ",") + field.head + inner;
  }
  found.length = values.length = base;
  return text;
}

function insideOf(place: Place, head: string): Place {
  return place !== "" && head === metadataHead ? "metadata" : "";
}

const metadataHead = '"f:metadata":';

/** A struct that also has fields which its schema does not know. */
function mixed(object: Record<string, unknown>, plan: TypePlan, given: boolean, place: Place): string {
  let text = "";
  for (const name of Object.keys(object).sort()) {
    if (object[name] === undefined || skips(place, name)) continue;
    const field = plan.fields.get(name);
    const head = field?.head ?? headOf(name);
    const isGiven = given && field?.given === true;
    const inner = valueText(object[name], field?.plan ?? plan.item ?? freePlan, isGiven, insideOf(place, head));
    if (inner !== "") text += (text === "" ? "" : ",") + head + inner;
  }
  return text;
}

const heads = new Map<string, string>();
const maxHeads = 4096;

/** `"f:name":` for a key of a map; the same few come again and again. */
function headOf(name: string): string {
  let head = heads.get(name);
  if (head === undefined) {
    head = `${JSON.stringify(`f:${name}`)}:`;
    if (heads.size >= maxHeads) heads.clear();
    heads.set(name, head);
  }
  return head;
}

/** The contents of a map of any keys. */
function keys(object: Record<string, unknown>, item: TypePlan): string {
  const names = Object.keys(object);
  if (names.length > 1) names.sort();
  let text = "";
  for (const name of names) {
    const value = object[name];
    if (value === undefined) continue;
    text += (text === "" ? "" : ",") + headOf(name) + valueText(value, item, false, "");
  }
  return text;
}

/** "" where nothing of a value that was given is owned. */
function valueText(value: unknown, plan: TypePlan, given: boolean, place: Place): string {
  if (typeof value !== "object" || plan.shape === "scalar") return "{}";
  if (value === null) return given ? "" : "{}";
  if (Array.isArray(value)) {
    if (plan.atomic || plan.shape !== "list" || value.length === 0) return "{}";
    const inner = items(value, plan);
    return given ? `{${inner}}` : `{".":{},${inner}}`;
  }
  if (isEmpty(value)) return given && plan.fields.size > 0 ? "" : "{}";
  if (plan.atomic) return "{}";
  const inner = fields(value as Record<string, unknown>, plan, given, place);
  if (given) return inner === "" ? "" : `{${inner}}`;
  return inner === "" ? '{".":{}}' : `{".":{},${inner}}`;
}

function items(list: readonly unknown[], plan: TypePlan): string {
  const item = plan.item ?? freePlan;
  if (list.length === 1) return itemHead(list[0], 0, plan) + valueText(list[0], item, false, "");
  const order = list.map((_, i) => i).sort((a, b) => compareItems(list[a], list[b], plan));
  let text = "";
  let last = "";
  for (const [at, i] of order.entries()) {
    const head = itemHead(list[i], i, plan);
    if (head === last) continue;
    const next = order[at + 1];
    // Doubles are owned as one.
    const isDouble = next !== undefined && itemHead(list[next], next, plan) === head;
    text += (text === "" ? "" : ",") + head + (isDouble ? "{}" : valueText(list[i], item, false, ""));
    last = head;
  }
  return text;
}

const plain = /^[\w ./:@-]*$/;

/** `"k:{\"name\":\"a\"}":` */
function itemHead(item: unknown, index: number, plan: TypePlan): string {
  const [key, second] = plan.keys;
  if (key !== undefined && second === undefined && typeof item === "object" && item !== null) {
    const value = (item as Record<string, unknown>)[key.name];
    if (typeof value === "string" && plain.test(value)) return `${key.escaped}${value}\\"}":`;
  }
  return `${JSON.stringify(itemElement(item, plan) ?? indexElement(index))}:`;
}

function compareItems(a: unknown, b: unknown, plan: TypePlan): number {
  const { keys } = plan;
  if (keys.length === 0 || typeof a !== "object" || typeof b !== "object" || a === null || b === null) {
    return compareValues(a, b);
  }
  for (const { name, default: fallback } of keys) {
    const left = (a as Record<string, unknown>)[name] ?? fallback;
    const right = (b as Record<string, unknown>)[name] ?? fallback;
    if (left === right) continue;
    if (left === undefined || right === undefined) return left === undefined ? 1 : -1;
    return compareValues(left, right);
  }
  return 0;
}

function isEmpty(value: object): boolean {
  for (const _ in value) return false;
  return true;
}
