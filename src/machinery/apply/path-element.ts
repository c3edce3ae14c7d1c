/**
 * One step of a field's path, as FieldsV1 writes it: `f:name` (a field or map key), `k:{"name":"a"}` (a list item by its
 * keys), `v:"x"` (an item of a set), `i:0` (an item by its place). The text is canonical, so equal steps are equal strings.
 * https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/object-meta/#System (fieldsV1)
 */
import { goQuote } from "../status/go-format.ts";

export class FieldsV1Error extends Error {
  override name = "FieldsV1Error";
}

export function fieldElement(name: string): string {
  return `f:${name}`;
}

export function valueElement(value: unknown): string {
  return `v:${JSON.stringify(value)}`;
}

export function indexElement(index: number): string {
  return `i:${index}`;
}

/** From any JSON form of a step to the canonical one. Throws FieldsV1Error. */
export function canonicalElement(text: string): string {
  const rest = text.slice(2);
  switch (text.slice(0, 2)) {
    case "f:":
      return text;
    case "v:":
      return valueElement(parse(rest));
    case "i:":
      if (!/^-?\d+$/.test(rest)) throw new FieldsV1Error(`not an index: ${text}`);
      return indexElement(Number(rest));
    case "k:": {
      const keys = parse(rest);
      if (typeof keys !== "object" || keys === null || Array.isArray(keys)) {
        throw new FieldsV1Error(`not an object of keys: ${text}`);
      }
      const pairs = Object.entries(keys).sort(([a], [b]) => compareText(a, b));
      return `k:{${pairs.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(",")}}`;
    }
    default:
      throw new FieldsV1Error(`unknown kind of path element: ${text}`);
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new FieldsV1Error(`path element does not parse: ${text}`, { cause: error });
  }
}

const kindOrder = "fkvi";
const stringKey = /^k:\{"([^"\\]*)":"([^"\\]*)"\}$/;

/** The order in which FieldsV1 lists the steps at one place. */
export function compareElements(a: string, b: string): number {
  if (a === b) return 0;
  if (a.startsWith("f:") && b.startsWith("f:")) return compareText(a, b);
  const kinds = kindOrder.indexOf(a.charAt(0)) - kindOrder.indexOf(b.charAt(0));
  if (kinds !== 0) return kinds;
  switch (a.charAt(0)) {
    case "k": {
      // One key whose value is a string is by far the most common.
      const left = stringKey.exec(a);
      const right = left && stringKey.exec(b);
      if (left && right && left[1] === right[1]) return compareText(left[2] ?? "", right[2] ?? "");
      return compareKeys(Object.entries(JSON.parse(a.slice(2))), Object.entries(JSON.parse(b.slice(2))));
    }
    case "v":
      return compareValues(JSON.parse(a.slice(2)), JSON.parse(b.slice(2)));
    case "i":
      return Number(a.slice(2)) - Number(b.slice(2));
    default:
      return compareText(a, b);
  }
}

function compareKeys(a: readonly [string, unknown][], b: readonly [string, unknown][]): number {
  for (const [i, [name, value]] of a.entries()) {
    const other = b[i];
    if (other === undefined) return 1;
    const order = compareText(name, other[0]) || compareValues(value, other[1]);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

/** Numbers before strings before booleans before the rest, each in its own order. */
export function compareValues(a: unknown, b: unknown): number {
  const ranks = rankOf(a) - rankOf(b);
  if (ranks !== 0) return ranks;
  if (typeof a === "number") return a - (b as number);
  if (typeof a === "boolean") return Number(a) - Number(b);
  return typeof a === "string" ? compareText(a, b as string) : compareText(JSON.stringify(a), JSON.stringify(b));
}

function rankOf(value: unknown): number {
  const rank = ["number", "string", "boolean"].indexOf(typeof value);
  return rank < 0 ? 3 : rank;
}

export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** `.spec.containers[name="main"].image`: how messages write a path. */
export function pathText(path: readonly string[]): string {
  return path.map(elementText).join("");
}

export function elementText(element: string): string {
  const rest = element.slice(2);
  switch (element.charAt(0)) {
    case "k": {
      const keys = Object.entries(JSON.parse(rest) as Record<string, unknown>);
      return `[${keys.map(([name, value]) => `${name}=${valueText(value)}`).join(",")}]`;
    }
    case "v":
      return `[=${valueText(JSON.parse(rest))}]`;
    case "i":
      return `[${rest}]`;
    default:
      return `.${rest}`;
  }
}

function valueText(value: unknown): string {
  return typeof value === "string" ? goQuote(value) : JSON.stringify(value);
}
