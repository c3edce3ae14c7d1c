import { JsonPathError, type Node, type Operator, type Step } from "./types.ts";

export interface EvaluateOptions {
  /** kubectl get allows them (they print nothing); sorting and custom columns too. */
  readonly allowMissingKeys: boolean;
}

/** The template's text for one document. */
export function evaluateTemplate(nodes: readonly Node[], document: unknown, options: EvaluateOptions): string {
  return render(nodes, document, document, options);
}

/** All values that a single path finds. */
export function evaluatePath(nodes: readonly Node[], document: unknown): unknown[] {
  return nodes.flatMap((node) =>
    node.type === "path" ? walk(node.steps, [document], document, document, { allowMissingKeys: true }) : [],
  );
}

function render(nodes: readonly Node[], root: unknown, current: unknown, options: EvaluateOptions): string {
  let text = "";
  for (const node of nodes) {
    if (node.type === "text") {
      text += node.text;
    } else if (node.type === "path") {
      text += walk(node.steps, [current], root, current, options).map(format).join(" ");
    } else {
      for (const item of walk(node.steps, [current], root, current, options))
        text += render(node.body, root, item, options);
    }
  }
  return text;
}

function format(value: unknown): string {
  if (value === null || value === undefined) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function walk(
  steps: readonly Step[],
  start: readonly unknown[],
  root: unknown,
  current: unknown,
  options: EvaluateOptions,
): unknown[] {
  let values: readonly unknown[] = start;
  for (const step of steps) {
    values = values.flatMap((value) => take(step, value, root, current, options));
  }
  return [...values];
}

function take(step: Step, value: unknown, root: unknown, current: unknown, options: EvaluateOptions): unknown[] {
  switch (step.type) {
    case "root":
      return [root];
    case "current":
      return [current];
    case "literal":
      return [step.value];
    case "field":
      return takeField(value, step.name, options);
    case "wildcard":
      return children(value);
    case "recursive":
      return descendants(value);
    case "slice":
      return takeSlice(value, step, options);
    case "union":
      return step.members.flatMap((member) => walk(member, [value], root, current, options));
    case "filter":
      return children(value).filter((item) => passes(step, item, root));
  }
}

function takeField(value: unknown, name: string, options: EvaluateOptions): unknown[] {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    if (Object.hasOwn(value, name)) return [(value as Record<string, unknown>)[name]];
  }
  if (options.allowMissingKeys) return [];
  throw new JsonPathError(`${name} is not found`);
}

function takeSlice(value: unknown, step: Extract<Step, { type: "slice" }>, options: EvaluateOptions): unknown[] {
  if (!Array.isArray(value)) {
    if (value === null || value === undefined || options.allowMissingKeys) return [];
    throw new JsonPathError(`${JSON.stringify(value)} is not array or slice`);
  }
  if (step.step <= 0) throw new JsonPathError("step must be > 0");
  const fromEnd = (index: number): number => (index < 0 ? index + value.length : index);
  if (step.single) {
    const index = fromEnd(step.start ?? 0);
    if (index < 0 || index >= value.length) {
      throw new JsonPathError(`array index out of bounds: index ${step.start}, length ${value.length}`);
    }
    return [value[index]];
  }
  const first = Math.max(0, fromEnd(step.start ?? 0));
  const end = Math.min(value.length, step.end === undefined ? value.length : fromEnd(step.end));
  const taken: unknown[] = [];
  for (let index = first; index < end; index += step.step) taken.push(value[index]);
  return taken;
}

function children(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  return typeof value === "object" && value !== null ? Object.values(value) : [];
}

function descendants(value: unknown): unknown[] {
  return [value, ...children(value).flatMap(descendants)];
}

function passes(step: Extract<Step, { type: "filter" }>, item: unknown, root: unknown): boolean {
  const lenient = { allowMissingKeys: true };
  const left = walk(step.left, [item], root, item, lenient);
  if (!step.operator || !step.right) return left.length > 0;
  const right = walk(step.right, [item], root, item, lenient);
  if (left.length !== 1 || right.length !== 1) return false;
  return compare(left[0], step.operator, right[0]);
}

function compare(left: unknown, operator: Operator, right: unknown): boolean {
  if (operator === "==") return left === right;
  if (operator === "!=") return left !== right;
  const numbers = typeof left === "number" && typeof right === "number";
  const strings = typeof left === "string" && typeof right === "string";
  if (!numbers && !strings) return false;
  const [a, b] = [left, right] as [number, number];
  if (operator === "<") return a < b;
  if (operator === "<=") return a <= b;
  return operator === ">" ? a > b : a >= b;
}
