/**
 * FieldsV1, the JSON form of a field set. Objects of one shape have the same text, so that texts are read once and kept.
 */
import { childrenInOrder, type FieldSet, isEmptySet, leafSet } from "./field-set.ts";
import { canonicalElement, FieldsV1Error } from "./path-element.ts";

/** Of parsed JSON. Throws FieldsV1Error for what is not FieldsV1. */
export function setFromFieldsV1(fields: unknown): FieldSet {
  const set = nodeFrom(fields, 0);
  // `{}` below the top is a member; at the top it is the empty set.
  return set === leafSet ? { member: false, children: undefined } : set;
}

const maxDepth = 1000;

function nodeFrom(fields: unknown, depth: number): FieldSet {
  if (typeof fields !== "object" || fields === null || Array.isArray(fields)) {
    throw new FieldsV1Error("fieldsV1 must be made of objects");
  }
  if (depth > maxDepth) throw new FieldsV1Error("fieldsV1 is nested too deeply");
  let member = false;
  let children: Map<string, FieldSet> | undefined;
  for (const key of Object.keys(fields)) {
    if (key === ".") member = true;
    else {
      children ??= new Map();
      children.set(canonicalElement(key), nodeFrom((fields as Record<string, unknown>)[key], depth + 1));
    }
  }
  if (children === undefined) return leafSet;
  return { member, children };
}

const texts = new WeakMap<FieldSet, string>();

/** Canonical JSON. */
export function fieldsV1Text(set: FieldSet): string {
  let text = texts.get(set);
  if (text === undefined) {
    text = textOf(set);
    texts.set(set, text);
  }
  return text;
}

function textOf(set: FieldSet): string {
  if (set.children === undefined) return "{}";
  let text = set.member ? '{".":{}' : "{";
  for (const [element, child] of childrenInOrder(set)) {
    text += (text.length > 1 ? "," : "") + headOf(element) + textOf(child);
  }
  return `${text}}`;
}

const heads = new Map<string, string>();
const maxHeads = 8192;

/** `"f:name":`; the same few thousand come again and again. */
function headOf(element: string): string {
  let head = heads.get(element);
  if (head === undefined) {
    head = `${JSON.stringify(element)}:`;
    if (heads.size >= maxHeads) heads.clear();
    heads.set(element, head);
  }
  return head;
}

/** About 2 KB each: a few MB at most. */
const maxKept = 1024;
const kept = new Map<string, FieldSet>();

/** The set of a canonical text, such as fieldsV1Text() gives; shared between all that ask. Throws FieldsV1Error. */
export function setFromText(text: string): FieldSet {
  let set = kept.get(text);
  if (set === undefined) {
    set = setFromFieldsV1(JSON.parse(text));
    if (!isEmptySet(set)) texts.set(set, text);
    if (kept.size >= maxKept) kept.clear();
    kept.set(text, set);
  }
  return set;
}
