/**
 * Values against a Schema, as kube-apiserver validates custom resources, with its messages. CEL rules are not evaluated here.
 * https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#validation
 */
import type { FieldError } from "../kinds/types.ts";
import { deepEqual, getKey, isObject, type JsonObject } from "../meta/immutable.ts";
import {
  duplicate,
  invalidValue,
  notSupported,
  required,
  tooLong,
  tooMany,
  typeInvalid,
} from "../status/field-errors.ts";
import { goJson } from "../status/go-format.ts";
import { hasFormat } from "./formats.ts";
import type { Schema } from "./types.ts";

/** After this many errors in one object the rest is not looked for. */
const maxErrors = 100;

/** `path` is where the value stands: "" for a whole object. */
export function validateSchema(value: unknown, schema: Schema, path = ""): FieldError[] {
  const errors: FieldError[] = [];
  check(value, schema, path, errors);
  return errors.length > maxErrors ? errors.slice(0, maxErrors) : errors;
}

function check(value: unknown, schema: Schema, path: string, errors: FieldError[]): void {
  if (errors.length > maxErrors) return;
  if (value === null && schema.nullable) return;
  const types = schema.intOrString ? ["integer", "string"] : schema.type ? [schema.type] : undefined;
  const actual = typeOf(value);
  if (types && !types.includes(actual) && !(actual === "integer" && types.includes("number"))) {
    const given = actual === "integer" ? "integer" : actual;
    errors.push(typeInvalid(path, given, `${path} in body must be of type ${types.join(",")}: "${given}"`));
    return;
  }
  if (schema.enum && !schema.enum.some((allowed) => deepEqual(allowed, value))) {
    errors.push(
      notSupported(
        path,
        value,
        schema.enum.map((v) => (typeof v === "string" ? v : goJson(v))),
      ),
    );
  }
  if (typeof value === "string") checkString(value, schema, path, errors);
  else if (typeof value === "number") checkNumber(value, schema, path, errors);
  else if (Array.isArray(value)) checkList(value, schema, path, errors);
  else if (isObject(value)) checkObject(value, schema, path, errors);
  checkCombinations(value, schema, path, errors);
}

function typeOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number";
  return typeof value;
}

const patterns = new WeakMap<Schema, RegExp | null>();

/** null where JavaScript cannot read what Go's RE2 can: then the pattern is not checked. */
function patternOf(schema: Schema, source: string): RegExp | null {
  let pattern = patterns.get(schema);
  if (pattern === undefined) {
    pattern = compile(source);
    patterns.set(schema, pattern);
  }
  return pattern;
}

function compile(source: string): RegExp | null {
  for (const flags of ["u", ""]) {
    try {
      return new RegExp(source, flags);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
    }
  }
  return null;
}

function checkString(value: string, schema: Schema, path: string, errors: FieldError[]): void {
  const { minLength, maxLength, pattern, format } = schema;
  if (minLength !== undefined || maxLength !== undefined) {
    const length = [...value].length;
    if (maxLength !== undefined && length > maxLength) errors.push(tooLong(path, maxLength));
    if (minLength !== undefined && length < minLength) {
      errors.push(invalidValue(path, value, `${path} in body should be at least ${minLength} chars long`));
    }
  }
  if (pattern !== undefined && patternOf(schema, pattern)?.test(value) === false) {
    errors.push(invalidValue(path, value, `${path} in body should match '${pattern}'`));
  }
  if (format !== undefined && !hasFormat(value, format)) {
    errors.push(typeInvalid(path, value, `${path} in body must be of type ${format}: ${goJson(value)}`));
  }
}

function checkNumber(value: number, schema: Schema, path: string, errors: FieldError[]): void {
  const { minimum, maximum, multipleOf, format } = schema;
  const complain = (rule: string): void => {
    errors.push(invalidValue(path, value, `${path} in body should be ${rule}`));
  };
  if (format === "int32" && value !== (value | 0)) {
    const detail = `Checked value must be of type integer with format int32 in ${path}`;
    errors.push(invalidValue(path, value, detail));
  }
  if (maximum !== undefined) {
    if (schema.exclusiveMaximum && value >= maximum) complain(`less than ${maximum}`);
    else if (value > maximum) complain(`less than or equal to ${maximum}`);
  }
  if (minimum !== undefined) {
    if (schema.exclusiveMinimum && value <= minimum) complain(`greater than ${minimum}`);
    else if (value < minimum) complain(`greater than or equal to ${minimum}`);
  }
  if (multipleOf !== undefined && multipleOf > 0 && !Number.isInteger(value / multipleOf)) {
    complain(`a multiple of ${multipleOf}`);
  }
}

function checkList(list: readonly unknown[], schema: Schema, path: string, errors: FieldError[]): void {
  const { items, minItems, maxItems, listType, listMapKeys } = schema;
  if (maxItems !== undefined && list.length > maxItems) errors.push(tooMany(path, list.length, maxItems));
  if (minItems !== undefined && list.length < minItems) {
    errors.push(invalidValue(path, list.length, `${path} in body should have at least ${minItems} items`));
  }
  if (schema.uniqueItems && new Set(list.map((item) => goJson(item))).size < list.length) {
    errors.push(invalidValue(path, list, `${path} in body shouldn't contain duplicates`));
  }
  if (items) {
    for (let i = 0; i < list.length; i++) check(list[i], items, `${path}[${i}]`, errors);
  }
  if (listType !== "set" && listType !== "map") return;
  const seen = new Set<string>();
  list.forEach((item, i) => {
    const id = listType === "set" ? item : keysOf(item, listMapKeys ?? []);
    const text = goJson(id);
    if (seen.has(text)) errors.push(duplicate(`${path}[${i}]`, id));
    seen.add(text);
  });
}

function keysOf(item: unknown, names: readonly string[]): JsonObject {
  const keys: JsonObject = {};
  if (isObject(item)) for (const name of names) if (Object.hasOwn(item, name)) keys[name] = item[name];
  return keys;
}

function checkObject(object: JsonObject, schema: Schema, path: string, errors: FieldError[]): void {
  const child = (key: string): string => (path === "" ? key : `${path}.${key}`);
  const { properties, additionalProperties, minProperties, maxProperties } = schema;
  const keys = Object.keys(object);
  if (maxProperties !== undefined && keys.length > maxProperties) {
    errors.push(tooMany(path, keys.length, maxProperties));
  }
  if (minProperties !== undefined && keys.length < minProperties) {
    errors.push(invalidValue(path, keys.length, `${path} in body should have at least ${minProperties} properties`));
  }
  for (const name of schema.required ?? []) {
    if (!Object.hasOwn(object, name)) errors.push(required(child(name)));
  }
  if (schema.embeddedResource) {
    for (const name of ["apiVersion", "kind"]) {
      if (!getKey(object, name)) errors.push(required(child(name), "must not be empty"));
    }
  }
  for (const key of keys) {
    const property = properties && Object.hasOwn(properties, key) ? properties[key] : undefined;
    if (property) check(object[key], property, child(key), errors);
    else if (typeof additionalProperties === "object") check(object[key], additionalProperties, child(key), errors);
  }
}

function checkCombinations(value: unknown, schema: Schema, path: string, errors: FieldError[]): void {
  const fits = (candidate: Schema): boolean => validateSchema(value, candidate, path).length === 0;
  // Kubernetes tells these of the whole object, whose path prints as <nil>.
  const complain = (text: string): void => {
    errors.push(invalidValue("<nil>", "", text));
  };
  if (schema.allOf) {
    const before = errors.length;
    for (const part of schema.allOf) check(value, part, path, errors);
    if (errors.length > before) complain(`"${path}" must validate all the schemas (allOf)`);
  }
  if (schema.anyOf && !schema.anyOf.some(fits)) complain(`"${path}" must validate at least one schema (anyOf)`);
  if (schema.oneOf) {
    const count = schema.oneOf.filter(fits).length;
    if (count !== 1) {
      const found = count === 0 ? "Found none valid" : `Found ${count} valid alternatives`;
      complain(`"${path}" must validate one and only one schema (oneOf). ${found}`);
    }
  }
  if (schema.not && fits(schema.not)) complain(`"${path}" must not validate the schema (not)`);
}
