/**
 * Label selectors, as the query parameter has them and as LabelSelector objects. Grammar and messages are those of
 * k8s.io/apimachinery/pkg/labels. A selector is compiled once and matched often.
 */
import type { FieldError } from "../kinds/types.ts";
import { labelValueRule, qualifiedNameRule } from "../meta/names.ts";
import { fieldErrorText, invalidValue, notSupported } from "../status/field-errors.ts";
import type { LabelSelector as LabelSelectorObject } from "../types/meta/v1.ts";
import { type Token, tokenize } from "./label-lexer.ts";

export type Labels = Readonly<Record<string, string>>;
type Operator = "=" | "==" | "!=" | "in" | "notin" | "exists" | "!" | "gt" | "lt";

interface Requirement {
  readonly key: string;
  readonly operator: Operator;
  /** Sorted; none for "exists" and "!". */
  readonly values: readonly string[];
}

export interface LabelSelector {
  /** In the order of their keys. */
  readonly requirements: readonly Requirement[];
  /** Whether everything matches. */
  readonly empty: boolean;
  matches(labels: Labels | undefined): boolean;
  /** The canonical string form. */
  toString(): string;
}

const noLabels: Labels = {};

export const everything: LabelSelector = compile([]);
export const nothing: LabelSelector = { requirements: [], empty: false, matches: () => false, toString: () => "" };

/** Parses "a=b,c in (d,e),!f". Throws an Error with Kubernetes' words; the caller makes it a 400. */
export function parseLabelSelector(text: string): LabelSelector {
  return text === "" ? everything : compile(new Parser(tokenize(text)).parse());
}

/** matchLabels and matchExpressions. Absent matches nothing, `{}` everything. Throws on what validation would refuse. */
export function labelSelectorFrom(selector: LabelSelectorObject | undefined): LabelSelector {
  if (!selector) return nothing;
  const requirements: Requirement[] = [];
  for (const [key, value] of Object.entries(selector.matchLabels ?? {})) {
    requirements.push(requirement(key, "=", [value]));
  }
  for (const { key, operator, values = [] } of selector.matchExpressions ?? []) {
    const op = expressionOperators.get(operator);
    if (!op) throw new Error(`${goQuoteOperator(operator)} is not a valid label selector operator`);
    requirements.push(requirement(key, op, values));
  }
  return requirements.length === 0 ? everything : compile(requirements);
}

/** A map of labels that must all be there: spec.selector of Services and ReplicationControllers. No validation. */
export function labelSelectorFromSet(labels: Labels | undefined): LabelSelector {
  const entries = Object.entries(labels ?? {});
  if (entries.length === 0) return everything;
  return compile(entries.map(([key, value]) => ({ key, operator: "=", values: [value] })));
}

const expressionOperators: ReadonlyMap<string, Operator> = new Map([
  ["In", "in"],
  ["NotIn", "notin"],
  ["Exists", "exists"],
  ["DoesNotExist", "!"],
]);
const goQuoteOperator = (operator: string): string => JSON.stringify(operator);
const binary: readonly string[] = ["in", "notin", "=", "==", "!=", "gt", "lt"];

function requirement(key: string, operator: Operator, values: readonly string[]): Requirement {
  const errors: FieldError[] = [];
  const keyErrors = qualifiedNameRule(key);
  if (keyErrors.length > 0) errors.push(invalidValue("key", key, keyErrors.join("; ")));
  if ((operator === "in" || operator === "notin") && values.length === 0) {
    errors.push(invalidValue("values", values, "for 'in', 'notin' operators, values set can't be empty"));
  } else if ((operator === "exists" || operator === "!") && values.length > 0) {
    errors.push(invalidValue("values", values, "values set must be empty for exists and does not exist"));
  } else if (operator === "gt" || operator === "lt") {
    values.forEach((value, i) => {
      if (parseInteger(value) === undefined) {
        errors.push(invalidValue(`values[${i}]`, value, "for 'Gt', 'Lt' operators, the value must be an integer"));
      }
    });
  } else if (!binary.includes(operator) && operator !== "exists" && operator !== "!") {
    errors.push(notSupported("operator", operator, [...binary, "exists", "!"]));
  }
  values.forEach((value, i) => {
    const valueErrors = labelValueRule(value);
    if (valueErrors.length > 0) errors.push(invalidValue(`values[${i}][${key}]`, value, valueErrors.join("; ")));
  });
  if (errors.length > 0) {
    const texts = errors.map(fieldErrorText);
    throw new Error(texts.length > 1 ? `[${texts.join(", ")}]` : texts[0]);
  }
  return { key, operator, values: [...values].sort() };
}

function compile(requirements: Requirement[]): LabelSelector {
  const sorted = requirements.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  const exact = sorted.every((r) => r.values.length === 1 && (r.operator === "=" || r.operator === "=="));
  return {
    requirements: sorted,
    empty: sorted.length === 0,
    matches: exact ? exactMatcher(sorted) : generalMatcher(sorted),
    toString: () => sorted.map(print).join(","),
  };
}

function exactMatcher(requirements: readonly Requirement[]): (labels: Labels | undefined) => boolean {
  const keys = requirements.map((r) => r.key);
  const values = requirements.map((r) => r.values[0]);
  const [key] = keys;
  const [value] = values;
  if (key !== undefined && keys.length === 1) return (labels = noLabels) => labels[key] === value;
  return (labels = noLabels) => {
    for (let i = 0; i < keys.length; i++) if (labels[keys[i] as string] !== values[i]) return false;
    return true;
  };
}

function generalMatcher(requirements: readonly Requirement[]): (labels: Labels | undefined) => boolean {
  const tests = requirements.map(matcherOf);
  return (labels = noLabels) => {
    for (let i = 0; i < tests.length; i++) if (!tests[i]?.(labels)) return false;
    return true;
  };
}

/** Labels are anybody's keys. What the prototype has under "constructor" is no string and so equals no value; Exists must look closer. */
function matcherOf({ key, operator, values }: Requirement): (labels: Labels) => boolean {
  const [only = ""] = values;
  const set = new Set(values);
  switch (operator) {
    case "=":
    case "==":
      return (labels) => labels[key] === only;
    case "!=":
      return (labels) => labels[key] !== only;
    case "in":
      return (labels) => {
        const value = labels[key];
        return value !== undefined && set.has(value);
      };
    case "notin":
      return (labels) => {
        const value = labels[key];
        return value === undefined || !set.has(value);
      };
    case "exists":
      return (labels) => Object.hasOwn(labels, key);
    case "!":
      return (labels) => !Object.hasOwn(labels, key);
    case "gt":
    case "lt": {
      const limit = parseInteger(only) ?? 0n;
      return (labels) => {
        const value = parseInteger(labels[key]);
        return value !== undefined && (operator === "gt" ? value > limit : value < limit);
      };
    }
  }
}

/** strconv.ParseInt(text, 10, 64) */
function parseInteger(text: string | undefined): bigint | undefined {
  if (typeof text !== "string" || !/^[+-]?[0-9]{1,40}$/.test(text)) return undefined;
  const value = BigInt(text.startsWith("+") ? text.slice(1) : text);
  return BigInt.asIntN(64, value) === value ? value : undefined;
}

function print({ key, operator, values }: Requirement): string {
  switch (operator) {
    case "exists":
      return key;
    case "!":
      return `!${key}`;
    case "in":
    case "notin":
      return `${key} ${operator} (${values.join(",")})`;
    case "gt":
      return `${key}>${values[0]}`;
    case "lt":
      return `${key}<${values[0]}`;
    default:
      return `${key}${operator}${values[0]}`;
  }
}

class Parser {
  readonly #tokens: readonly Token[];
  #position = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  /** `in` and `notin` are words of the grammar only where an operator is due. */
  #look(asOperator = false): Token {
    const token = this.#tokens[this.#position] ?? { kind: "end", text: "" };
    return !asOperator && (token.kind === "in" || token.kind === "notin") ? { ...token, kind: "identifier" } : token;
  }

  #take(asOperator = false): Token {
    const token = this.#look(asOperator);
    this.#position++;
    return token;
  }

  parse(): Requirement[] {
    const requirements: Requirement[] = [];
    for (;;) {
      const token = this.#look();
      if (token.kind === "end") return requirements;
      if (token.kind !== "identifier" && token.kind !== "!") {
        throw new Error(`found '${token.text}', expected: !, identifier, or 'end of string'`);
      }
      try {
        requirements.push(this.#requirement());
      } catch (error) {
        throw new Error(`unable to parse requirement: ${error instanceof Error ? error.message : error}`);
      }
      const next = this.#take();
      if (next.kind === "end") return requirements;
      if (next.kind !== ",") throw new Error(`found '${next.text}', expected: ',' or 'end of string'`);
      const after = this.#look();
      if (after.kind !== "identifier" && after.kind !== "!") {
        throw new Error(`found '${after.text}', expected: identifier after ','`);
      }
    }
  }

  #requirement(): Requirement {
    let token = this.#take();
    const negated = token.kind === "!";
    if (negated) token = this.#take();
    if (token.kind !== "identifier") throw new Error(`found '${token.text}', expected: identifier`);
    const key = token.text;
    const keyErrors = qualifiedNameRule(key);
    if (keyErrors.length > 0) throw new Error(fieldErrorText(invalidValue("<nil>", key, keyErrors.join("; "))));
    if (negated) return requirement(key, "!", []);
    const next = this.#look().kind;
    if (next === "end" || next === ",") return requirement(key, "exists", []);
    const operator = this.#operator();
    return requirement(key, operator, operator === "in" || operator === "notin" ? this.#values() : [this.#value()]);
  }

  #operator(): Operator {
    const { kind, text } = this.#take(true);
    switch (kind) {
      case "=":
      case "==":
      case "!=":
      case "in":
      case "notin":
        return kind;
      case ">":
        return "gt";
      case "<":
        return "lt";
      default:
        throw new Error(`found '${text}', expected: ${binary.join(", ")}`);
    }
  }

  #value(): string {
    const { kind } = this.#look();
    if (kind === "end" || kind === ",") return "";
    const token = this.#take();
    if (token.kind === "identifier") return token.text;
    throw new Error(`found '${token.text}', expected: identifier`);
  }

  #values(): string[] {
    const open = this.#take();
    if (open.kind !== "(") throw new Error(`found '${open.text}' expected: '('`);
    const first = this.#look();
    if (first.kind === ")") {
      this.#take();
      return [""];
    }
    if (first.kind !== "identifier" && first.kind !== ",") {
      throw new Error(`found '${first.text}', expected: ',', ')' or identifier`);
    }
    const values = new Set<string>();
    let expectValue = true;
    for (;;) {
      const token = this.#take();
      if (token.kind === "identifier") {
        if (!expectValue) throw new Error(`found '${token.text}', expected: ',' or ')'`);
        values.add(token.text);
        expectValue = false;
      } else if (token.kind === "," || token.kind === ")") {
        // An empty place between commas is the empty value.
        if (expectValue) values.add("");
        if (token.kind === ")") return [...values];
        expectValue = true;
      } else {
        throw new Error(`found '${token.text}', expected: ${expectValue ? "',', or identifier" : "',' or ')'"}`);
      }
    }
  }
}
