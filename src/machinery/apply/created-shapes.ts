/**
 * Objects of one kind are mostly made alike: a ReplicaSet's pods differ in names alone. What a create owns depends on the
 * shape (which fields, which keys of list items) and not on the values, so that a few texts are kept with the shapes they
 * belong to. Comparing an object with a shape costs a fraction of making the text, and the texts are shared.
 */
import { freePlan, type TypePlan } from "./type-plan.ts";

/** Of one shape, in the order in which a walk of such an object comes by it. */
type Token = string | number | boolean | undefined;

interface Shape {
  readonly tokens: readonly Token[];
  readonly variant: boolean;
  readonly text: string;
}

/** What a token says of the value that follows a name. */
const any = 0;
const emptyObject = 1;
const filledObject = 2;
const fields = 3;
const items = 4;
const scalar = 5;

const maxShapes = 4;
const maxTokens = 4096;
const known = new WeakMap<TypePlan, Shape[]>();

/** The text of make(), or that of an earlier object of the same shape. `variant`: whatever else the text depends on. */
export function byShape(object: object, plan: TypePlan, variant: boolean, make: () => string): string {
  let shapes = known.get(plan);
  if (shapes === undefined) {
    shapes = [];
    known.set(plan, shapes);
  }
  for (const [i, shape] of shapes.entries()) {
    if (shape.variant !== variant || !hasShape(object, shape.tokens)) continue;
    if (i > 0) {
      shapes.splice(i, 1);
      shapes.unshift(shape);
    }
    return shape.text;
  }
  const text = make();
  const tokens: Token[] = [];
  if (record(object as Record<string, unknown>, plan, tokens)) {
    shapes.unshift({ tokens, variant, text });
    if (shapes.length > maxShapes) shapes.pop();
  }
  return text;
}

/** False: not worth keeping, or with something in it that a shape cannot tell. */
function record(object: Record<string, unknown>, plan: TypePlan, tokens: Token[]): boolean {
  const at = tokens.push(0) - 1;
  let count = 0;
  for (const name in object) {
    count++;
    tokens.push(name);
    if (!recordValue(object[name], plan.at(name) ?? freePlan, tokens)) return false;
  }
  tokens[at] = count;
  return tokens.length <= maxTokens;
}

function recordValue(value: unknown, plan: TypePlan, tokens: Token[]): boolean {
  if (plan.shape === "scalar") {
    tokens.push(any);
    return value !== undefined && value !== null;
  }
  if (value === null || value === undefined) return false;
  if (typeof value !== "object") {
    tokens.push(scalar);
    return true;
  }
  if (Array.isArray(value)) {
    if (plan.shape !== "list" || value.length === 0) return false;
    if (plan.atomic) {
      tokens.push(filledObject);
      return true;
    }
    return recordItems(value, plan, tokens);
  }
  if (isEmpty(value)) tokens.push(emptyObject);
  else if (plan.atomic) tokens.push(filledObject);
  else {
    tokens.push(fields);
    return record(value as Record<string, unknown>, plan, tokens);
  }
  return true;
}

function recordItems(list: readonly unknown[], plan: TypePlan, tokens: Token[]): boolean {
  tokens.push(items, list.length, plan.keys.length);
  for (const { name } of plan.keys) tokens.push(name);
  for (const item of list) {
    if (plan.keys.length === 0) {
      if (!isToken(item)) return false;
      tokens.push(item);
      continue;
    }
    if (typeof item !== "object" || item === null || Array.isArray(item)) return false;
    for (const { name } of plan.keys) {
      const value = (item as Record<string, unknown>)[name];
      if (value !== undefined && !isToken(value)) return false;
      tokens.push(value);
    }
    if (!record(item as Record<string, unknown>, plan.item ?? freePlan, tokens)) return false;
  }
  return true;
}

function isToken(value: unknown): value is string | number | boolean {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}

let at = 0;

function hasShape(object: object, tokens: readonly Token[]): boolean {
  at = 0;
  return hasFields(object as Record<string, unknown>, tokens);
}

function hasFields(object: Record<string, unknown>, tokens: readonly Token[]): boolean {
  const count = tokens[at++] as number;
  let seen = 0;
  for (const name in object) {
    if (seen++ === count || tokens[at++] !== name) return false;
    const value = object[name];
    if (value === undefined || value === null) return false;
    const token = tokens[at++];
    if (token !== any && !hasValue(value, token, tokens)) return false;
  }
  return seen === count;
}

function hasValue(value: unknown, token: Token, tokens: readonly Token[]): boolean {
  if (typeof value !== "object" || value === null) return token === scalar;
  if (token === scalar) return false;
  if (token === items) return Array.isArray(value) && hasItems(value, tokens);
  if (token === filledObject) return !isEmpty(value);
  if (Array.isArray(value)) return false;
  return token === emptyObject ? isEmpty(value) : hasFields(value as Record<string, unknown>, tokens);
}

function hasItems(list: readonly unknown[], tokens: readonly Token[]): boolean {
  const length = tokens[at++];
  if (list.length !== length) return false;
  const keys = tokens[at++] as number;
  const firstKey = at;
  at += keys;
  for (const item of list) {
    if (keys === 0) {
      if (item !== tokens[at++]) return false;
      continue;
    }
    if (typeof item !== "object" || item === null || Array.isArray(item)) return false;
    for (let key = 0; key < keys; key++) {
      if ((item as Record<string, unknown>)[tokens[firstKey + key] as string] !== tokens[at++]) return false;
    }
    if (!hasFields(item as Record<string, unknown>, tokens)) return false;
  }
  return true;
}

function isEmpty(value: object): boolean {
  for (const _ in value) return false;
  return true;
}
