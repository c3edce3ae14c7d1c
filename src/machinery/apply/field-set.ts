/**
 * A set of field paths, as a tree: which manager owns what. Sets are immutable and share what they have in common. No node
 * is without a meaning: it is a member, or something below it is; only the root may be neither.
 */
import { compareElements } from "./path-element.ts";

export interface FieldSet {
  /** The path that leads here is in the set. */
  readonly member: boolean;
  /** By canonical path element (path-element.ts); never an empty map. */
  readonly children: ReadonlyMap<string, FieldSet> | undefined;
}

export const emptySet: FieldSet = { member: false, children: undefined };
export const leafSet: FieldSet = { member: true, children: undefined };

export function isEmptySet({ member, children }: FieldSet): boolean {
  return !member && children === undefined;
}

/** Collects paths into a set. */
export class FieldSetBuilder {
  #root: Draft = { member: false, children: undefined };

  get isEmpty(): boolean {
    return isEmptySet(this.#root);
  }

  insert(path: readonly string[]): void {
    let node = this.#root;
    for (const element of path) {
      node.children ??= new Map();
      let child = node.children.get(element);
      if (child === undefined) {
        child = { member: false, children: undefined };
        node.children.set(element, child);
      }
      node = child;
    }
    node.member = true;
  }

  /** The builder is of no use afterwards. */
  build(): FieldSet {
    return this.#root;
  }
}

interface Draft {
  member: boolean;
  children: Map<string, Draft> | undefined;
}

export function setOfPaths(...paths: readonly (readonly string[])[]): FieldSet {
  const builder = new FieldSetBuilder();
  for (const path of paths) builder.insert(path);
  return builder.build();
}

function node(member: boolean, children: Map<string, FieldSet>): FieldSet {
  if (children.size > 0) return { member, children };
  return member ? leafSet : emptySet;
}

export function union(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b || isEmptySet(b)) return a;
  if (isEmptySet(a)) return b;
  if (a.children === undefined || b.children === undefined) {
    const children = a.children ?? b.children;
    return { member: a.member || b.member, children };
  }
  const children = new Map(a.children);
  for (const [element, other] of b.children) {
    const own = children.get(element);
    children.set(element, own === undefined ? other : union(own, other));
  }
  return { member: a.member || b.member, children };
}

/** The paths of `a` that are not in `b`; gives `a` itself when that is all of them. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  return without(a, b, difference);
}

/** The paths of `a` that are neither in `b` nor below a path of `b`. */
export function differenceBelow(a: FieldSet, b: FieldSet): FieldSet {
  return without(a, b, (own, other) => (other.member ? emptySet : differenceBelow(own, other)));
}

function without(a: FieldSet, b: FieldSet, inner: (a: FieldSet, b: FieldSet) => FieldSet): FieldSet {
  const member = a.member && !b.member;
  if (a.children === undefined || b.children === undefined) {
    if (member === a.member) return a;
    return a.children === undefined ? emptySet : { member, children: a.children };
  }
  let children: Map<string, FieldSet> | undefined;
  for (const [element, other] of b.children) {
    const own = a.children.get(element);
    if (own === undefined) continue;
    const rest = inner(own, other);
    if (rest === own) continue;
    children ??= new Map(a.children);
    if (isEmptySet(rest)) children.delete(element);
    else children.set(element, rest);
  }
  if (children === undefined) return member === a.member ? a : { member, children: a.children };
  return node(member, children);
}

export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b) return a;
  const member = a.member && b.member;
  if (a.children === undefined || b.children === undefined) return member ? leafSet : emptySet;
  const children = new Map<string, FieldSet>();
  for (const [element, own] of a.children) {
    const other = b.children.get(element);
    if (other === undefined) continue;
    const both = intersection(own, other);
    if (!isEmptySet(both)) children.set(element, both);
  }
  return node(member, children);
}

export function intersects(a: FieldSet, b: FieldSet): boolean {
  if (a.member && b.member) return true;
  if (a.children === undefined || b.children === undefined) return false;
  const [few, many] = a.children.size <= b.children.size ? [a.children, b.children] : [b.children, a.children];
  for (const [element, own] of few) {
    const other = many.get(element);
    if (other !== undefined && intersects(own, other)) return true;
  }
  return false;
}

/** Whether every path of `b` is in `a`. */
export function covers(a: FieldSet, b: FieldSet): boolean {
  if (a === b) return true;
  if (b.member && !a.member) return false;
  for (const [element, other] of b.children ?? []) {
    const own = a.children?.get(element);
    if (own === undefined || !covers(own, other)) return false;
  }
  return true;
}

export function equalSets(a: FieldSet, b: FieldSet): boolean {
  return covers(a, b) && covers(b, a);
}

export function hasPath(set: FieldSet, path: readonly string[]): boolean {
  let at: FieldSet | undefined = set;
  for (const element of path) at = at?.children?.get(element);
  return at?.member === true;
}

export function childrenInOrder({ children }: FieldSet): readonly (readonly [string, FieldSet])[] {
  if (children === undefined) return [];
  const all = [...children];
  return all.length === 1 ? all : all.sort(byElement);
}

function byElement([a]: readonly [string, FieldSet], [b]: readonly [string, FieldSet]): number {
  return compareElements(a, b);
}

/** All paths: at each place the members first, then what is below, both in FieldsV1's order. */
export function pathsOf(set: FieldSet): string[][] {
  const paths: string[][] = [];
  collect(set, [], paths);
  return paths;
}

function collect(set: FieldSet, prefix: readonly string[], into: string[][]): void {
  const children = childrenInOrder(set);
  for (const [element, child] of children) if (child.member) into.push([...prefix, element]);
  for (const [element, child] of children) if (child.children) collect(child, [...prefix, element], into);
}
