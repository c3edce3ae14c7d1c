/** Node selectors (nodeSelector, node affinity, and later those of volumes), compiled to predicates. */
import type { Node, NodeSelectorRequirement, NodeSelectorTerm } from "../types/core/v1.ts";

export type NodePredicate = (node: Node) => boolean;

type ValuePredicate = (value: string | undefined) => boolean;

/** One term: all of its expressions and fields. A term without any matches nothing. */
export function compileTerm(term: NodeSelectorTerm): NodePredicate {
  const labels = (term.matchExpressions ?? []).map((one) => [one.key, compileRequirement(one)] as const);
  const names = (term.matchFields ?? []).map((one) =>
    one.key === "metadata.name" ? compileRequirement(one) : () => false,
  );
  if (labels.length === 0 && names.length === 0) return () => false;
  return (node) => {
    const has = node.metadata.labels;
    for (const [key, matches] of labels) if (!matches(has?.[key])) return false;
    for (const matches of names) if (!matches(node.metadata.name)) return false;
    return true;
  };
}

export function compileLabels(labels: Readonly<Record<string, string>>): NodePredicate {
  const pairs = Object.entries(labels);
  return (node) => {
    const has = node.metadata.labels;
    for (const [key, value] of pairs) if (has?.[key] !== value) return false;
    return true;
  };
}

/** The node names that a term allows at most; undefined where it does not name nodes. */
export function namesIn(term: NodeSelectorTerm): ReadonlySet<string> | undefined {
  let names: string[] | undefined;
  for (const { key, operator, values = [] } of term.matchFields ?? []) {
    if (key !== "metadata.name" || operator !== "In") continue;
    names = names ? names.filter((name) => values.includes(name)) : values;
  }
  return names && new Set(names);
}

function compileRequirement({ operator, values = [] }: NodeSelectorRequirement): ValuePredicate {
  const set = new Set(values);
  const bound = integer(values[0]);
  switch (operator) {
    case "In":
      return (value) => value !== undefined && set.has(value);
    case "NotIn":
      return (value) => value === undefined || !set.has(value);
    case "Exists":
      return (value) => value !== undefined;
    case "DoesNotExist":
      return (value) => value === undefined;
    case "Gt":
      return (value) => compare(value, bound, (a, b) => a > b);
    case "Lt":
      return (value) => compare(value, bound, (a, b) => a < b);
    default:
      return () => false;
  }
}

function compare(value: string | undefined, bound: bigint | undefined, holds: (a: bigint, b: bigint) => boolean) {
  const number = integer(value);
  return number !== undefined && bound !== undefined && holds(number, bound);
}

function integer(text: string | undefined): bigint | undefined {
  return text !== undefined && /^[+-]?\d+$/.test(text) ? BigInt(text.replace(/^\+/, "")) : undefined;
}
