/** What a write changed, by field. */
import { deepEqual, isObject } from "../meta/immutable.ts";
import { type FieldSet, FieldSetBuilder, isEmptySet, union } from "./field-set.ts";
import { itemElement, itemsByElement } from "./list-item.ts";
import { fieldElement, indexElement } from "./path-element.ts";
import { freePlan, type TypePlan } from "./type-plan.ts";

export interface Comparison {
  readonly added: FieldSet;
  readonly modified: FieldSet;
  readonly removed: FieldSet;
  /** added and modified: what the writer now owns. */
  readonly taken: FieldSet;
  readonly isSame: boolean;
}

/** Of an added or removed map, list or item every path below it counts, and it itself. null is a value that is there. */
export function compare(old: object, object: object, plan: TypePlan): Comparison {
  const walk = new Walk();
  walk.value(old, object, plan);
  const [added, modified, removed] = [walk.added.build(), walk.modified.build(), walk.removed.build()];
  return {
    added,
    modified,
    removed,
    taken: union(added, modified),
    isSame: isEmptySet(added) && isEmptySet(modified) && isEmptySet(removed),
  };
}

/** The name of an item is spelt out only when something below it differs. */
type Step = string | { readonly item: unknown; readonly index: number; readonly plan: TypePlan };

class Walk {
  readonly added = new FieldSetBuilder();
  readonly modified = new FieldSetBuilder();
  readonly removed = new FieldSetBuilder();
  readonly #path: Step[] = [];

  /** undefined: not there. */
  value(old: unknown, now: unknown, plan: TypePlan): void {
    if (old === now) return;
    if (plan.shape === "free" && kindOf(old) !== kindOf(now) && old !== undefined && now !== undefined) {
      // As if one went and the other came; a change between containers and scalars in untyped JSON.
      this.value(old, undefined, plan);
      this.value(undefined, now, plan);
      return;
    }
    const some = now === undefined || now === null ? old : now;
    if (plan.atomic || plan.shape === "scalar" || typeof some !== "object" || some === null) {
      this.#leaf(old, now);
    } else if (Array.isArray(some)) {
      if (plan.shape !== "list" || (lengthOf(old) === 0 && lengthOf(now) === 0)) this.#leaf(old, now);
      else {
        this.#list(listOf(old), listOf(now), plan);
        this.#itself(old, now);
      }
    } else if (isEmpty(old) && isEmpty(now)) this.#leaf(old, now);
    else {
      this.#map(mapOf(old), mapOf(now), plan);
      this.#itself(old, now);
    }
  }

  #leaf(old: unknown, now: unknown): void {
    if (old === undefined) this.#insert(this.added);
    else if (now === undefined) this.#insert(this.removed);
    else if (!deepEqual(old, now)) this.#insert(this.modified);
  }

  /** A container counts beside its contents where it came or went. */
  #itself(old: unknown, now: unknown): void {
    if (old === undefined) this.#insert(this.added);
    else if (now === undefined) this.#insert(this.removed);
  }

  #map(old: Record<string, unknown>, now: Record<string, unknown>, plan: TypePlan): void {
    for (const name in now) this.#field(name, Object.hasOwn(old, name) ? old[name] : undefined, now[name], plan);
    for (const name in old)
      if (now[name] === undefined || !Object.hasOwn(now, name)) this.#field(name, old[name], undefined, plan);
  }

  #field(name: string, old: unknown, now: unknown, plan: TypePlan): void {
    if (old === now) return;
    this.#path.push(fieldElement(name));
    this.value(old, now, plan.at(name) ?? freePlan);
    this.#path.pop();
  }

  #list(old: readonly unknown[], now: readonly unknown[], plan: TypePlan): void {
    if (sameOrder(old, now, plan)) {
      for (let i = 0; i < now.length; i++) this.#item({ item: now[i], index: i, plan }, old[i], now[i], plan);
      return;
    }
    const before = itemsByElement(old, plan);
    const after = itemsByElement(now, plan);
    for (const [element, items] of after) {
      const others = before.get(element) ?? [];
      if (items.length <= 1 && others.length <= 1) this.#item(element, others[0], items[0], plan);
      else this.#doubles(element, others, items);
    }
    for (const [element, items] of before) {
      if (after.has(element)) continue;
      if (items.length === 1) this.#item(element, items[0], undefined, plan);
      else this.#doubles(element, items, []);
    }
  }

  #item(step: Step, old: unknown, now: unknown, plan: TypePlan): void {
    if (old === now) return;
    this.#path.push(step);
    this.value(old, now, plan.item ?? freePlan);
    this.#path.pop();
  }

  #doubles(element: string, old: readonly unknown[], now: readonly unknown[]): void {
    this.#path.push(element);
    this.#leaf(old.length === 0 ? undefined : old, now.length === 0 ? undefined : now);
    this.#path.pop();
  }

  #insert(into: FieldSetBuilder): void {
    const path = this.#path;
    for (let i = 0; i < path.length; i++) {
      const step = path[i];
      if (typeof step === "object") path[i] = itemElement(step.item, step.plan) ?? indexElement(step.index);
    }
    into.insert(path as string[]);
  }
}

/** Of longer lists the names are made; comparing each with each would be slower. */
const fewItems = 16;

/** Whether item after item has the same keys, no two of them the same. */
function sameOrder(old: readonly unknown[], now: readonly unknown[], plan: TypePlan): boolean {
  if (old.length !== now.length || plan.keys.length === 0 || now.length > fewItems) return false;
  for (let i = 0; i < now.length; i++) {
    if (itemElementMissing(now[i], plan) || !sameKeys(old[i], now[i], plan)) return false;
    for (let j = 0; j < i; j++) if (sameKeys(now[j], now[i], plan)) return false;
  }
  return true;
}

function itemElementMissing(item: unknown, { keys }: TypePlan): boolean {
  if (!isObject(item)) return true;
  for (const { name, default: fallback } of keys) if ((item[name] ?? fallback) !== undefined) return false;
  return true;
}

function sameKeys(a: unknown, b: unknown, { keys }: TypePlan): boolean {
  if (!isObject(a) || !isObject(b)) return false;
  for (const { name, default: fallback } of keys) if ((a[name] ?? fallback) !== (b[name] ?? fallback)) return false;
  return true;
}

function kindOf(value: unknown): string {
  return Array.isArray(value) ? "list" : isObject(value) ? "map" : "scalar";
}

function isEmpty(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return true;
  for (const _ in value) return false;
  return true;
}

function lengthOf(value: unknown): number {
  return Array.isArray(value) ? value.length : 0;
}

const noItems: readonly unknown[] = [];
const noFields: Record<string, unknown> = {};

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : noItems;
}

function mapOf(value: unknown): Record<string, unknown> {
  return isObject(value) ? value : noFields;
}
