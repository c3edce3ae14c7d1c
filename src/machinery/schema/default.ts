/** Fills in the defaults that a schema names, Kubernetes' built-in ones and those of CustomResourceDefinitions alike. In place. */
import type { Schema } from "./types.ts";

interface Plan {
  /** Properties with a default of their own. */
  readonly defaults: readonly { readonly name: string; readonly value: unknown; readonly nullable: boolean }[];
  /** Properties below which there may be defaults. */
  readonly inside: readonly (readonly [string, Plan])[];
  /** Of the values of a map or the items of a list. */
  readonly item: Plan | undefined;
}

const plans = new WeakMap<object, Plan | null>();

/**
 * `value` is the caller's own. What is below an absent field stays absent, unless that field has a default. A null that
 * the schema does not allow counts as absent.
 */
export function applyDefaults(value: unknown, schema: Schema): void {
  const plan = planOf(schema);
  if (plan) fill(value, plan);
}

function fill(value: unknown, plan: Plan): void {
  if (typeof value !== "object" || value === null) return;
  if (Array.isArray(value)) {
    if (plan.item) for (const item of value) fill(item, plan.item);
    return;
  }
  const object = value as Record<string, unknown>;
  for (const { name, value: given, nullable } of plan.defaults) {
    const current = object[name];
    if (current === undefined || (current === null && !nullable)) object[name] = copy(given);
  }
  for (const [name, inner] of plan.inside) {
    const child = object[name];
    if (child !== undefined) fill(child, inner);
  }
  if (plan.item) for (const key in object) fill(object[key], plan.item);
}

function copy(value: unknown): unknown {
  return typeof value === "object" && value !== null ? structuredClone(value) : value;
}

/** null where nothing below has a default. A schema that refers to itself keys its plan on its properties. */
function planOf(schema: Schema): Plan | null {
  const key = schema.properties ?? schema;
  const known = plans.get(key);
  if (known !== undefined) return known;
  if (schema.wire && !schema.properties) return remember(key, null);
  const defaults: { name: string; value: unknown; nullable: boolean }[] = [];
  const inside: [string, Plan][] = [];
  const items =
    schema.items ?? (typeof schema.additionalProperties === "object" ? schema.additionalProperties : undefined);
  const plan = { defaults, inside, item: undefined as Plan | undefined };
  plans.set(key, plan);
  const recursive = new Set<Plan>();
  for (const [name, child] of Object.entries(schema.properties ?? {})) {
    if (child.default !== undefined) {
      defaults.push({ name, value: child.default, nullable: child.nullable === true });
    }
    const inner = planOf(child);
    if (inner) {
      inside.push([name, inner]);
      if (inner === plan) recursive.add(inner);
    }
  }
  if (items) plan.item = planOf(items) ?? undefined;
  const empty = defaults.length === 0 && plan.item === undefined && inside.every(([, inner]) => recursive.has(inner));
  return empty ? remember(key, null) : plan;
}

function remember(key: object, plan: Plan | null): Plan | null {
  plans.set(key, plan);
  return plan;
}
