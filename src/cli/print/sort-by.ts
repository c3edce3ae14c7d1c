/** --sort-by: by the value of a JSONPath, numbers as numbers, the rest as text; what has no such field comes first. */
import { evaluatePath } from "./jsonpath/evaluate.ts";
import { parseRelaxedPath } from "./jsonpath/parse.ts";

export function compileSortBy(expression: string): (a: unknown, b: unknown) => number {
  const path = parseRelaxedPath(expression);
  const key = (object: unknown): unknown => evaluatePath(path, object)[0];
  return (a, b) => {
    const [left, right] = [key(a), key(b)];
    if (left === undefined || right === undefined) return Number(left !== undefined) - Number(right !== undefined);
    if (typeof left === "number" && typeof right === "number") return left - right;
    const [x, y] = [String(left), String(right)];
    return x < y ? -1 : Number(x > y);
  };
}
