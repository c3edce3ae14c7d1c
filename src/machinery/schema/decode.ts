/**
 * From parsed JSON (or YAML) to an object of a built-in kind, as Go's decoder makes it: unknown fields dropped and told,
 * null as absent, wrong types refused in Go's words, times and quantities in canonical form, zero values that Go would not
 * write left out. Works in place, on a value that is the caller's own.
 */
import { Quantity, QuantityError } from "../quantity/quantity.ts";
import { readQuantity } from "../quantity/read.ts";
import { kinds, type Plan, planOf } from "./decode-plan.ts";
import { canonicalMicroTime, canonicalTime, formatGoDuration, parseGoDuration, TimeError } from "./go-time.ts";
import { maxDepth } from "./json-text.ts";
import type { Schema } from "./types.ts";

/** A strict decode tells this many unknown or duplicate fields and no more, as Go's does. */
export const maxStrictErrors = 100;

/** The value is not of its type: `message` is what Go says, "json: cannot unmarshal …". */
export class DecodeError extends Error {
  override name = "DecodeError";
}

export interface Decoded {
  readonly value: unknown;
  /** Paths of fields that the schema does not have, in document order: "spec.containers[0].foo". */
  readonly unknown: readonly string[];
  /** How many object keys were seen, dropped ones included: what duplicate detection compares with the text. */
  readonly keys: number;
}

/** Throws DecodeError. `schema` is a built-in's (it has Go names). */
export function decodeTyped(value: unknown, schema: Schema): Decoded {
  const decoder = new Decoder();
  const result = decoder.decode(value, planOf(schema));
  if (decoder.error !== undefined) throw new DecodeError(decoder.error);
  return { value: result, unknown: decoder.unknown, keys: decoder.keys };
}

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

function jsonTypeOf(value: unknown): string {
  if (Array.isArray(value)) return "array";
  return typeof value === "boolean" ? "bool" : typeof value;
}

class Decoder {
  keys = 0;
  error: string | undefined;
  readonly unknown: string[] = [];
  /** Where we are: field names, list indices, and map keys behind a NUL. */
  readonly #path: (string | number)[] = [];
  #struct = "";
  #depth = 0;

  /** undefined: absent. */
  decode(value: unknown, plan: Plan): unknown {
    switch (plan.kind) {
      case kinds.string:
        if (typeof value !== "string") return this.#mismatch(value, plan);
        return value === "" && plan.omitZero ? undefined : value;
      case kinds.int32:
        if (typeof value !== "number") return this.#mismatch(value, plan);
        if (value !== (value | 0)) return this.#badNumber(value, plan);
        return value === 0 && plan.omitZero ? undefined : value;
      case kinds.int64:
        if (typeof value !== "number") return this.#mismatch(value, plan);
        if (!Number.isInteger(value) || value > 2 ** 63 || value < -(2 ** 63)) return this.#badNumber(value, plan);
        return value === 0 && plan.omitZero ? undefined : value;
      case kinds.boolean:
        if (typeof value !== "boolean") return this.#mismatch(value, plan);
        return value === false && plan.omitZero ? undefined : value;
      case kinds.struct:
        return this.#structValue(value, plan);
      case kinds.list:
        return this.#list(value, plan);
      case kinds.map:
        return this.#map(value, plan);
      case kinds.number:
        if (typeof value !== "number") return this.#mismatch(value, plan);
        return value === 0 && plan.omitZero ? undefined : value;
      default:
        return this.#wire(value, plan);
    }
  }

  #structValue(value: unknown, plan: Plan): unknown {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return this.#mismatch(value, plan);
    const object = value as Record<string, unknown>;
    const fields = plan.fields as ReadonlyMap<string, Plan>;
    const outer = this.#struct;
    this.#struct = plan.goStruct;
    const depth = this.#depth++;
    for (const key in object) {
      this.keys++;
      const field = fields.get(key);
      const given = object[key];
      if (field === undefined) {
        this.#path[depth] = key;
        this.#drop(depth + 1, given);
        delete object[key];
        continue;
      }
      // The commonest leaf, without the detour.
      if (field.kind === kinds.string && typeof given === "string") {
        if (given === "" && field.omitZero) delete object[key];
        continue;
      }
      this.#path[depth] = key;
      const kept = this.decode(given, field);
      if (kept === given) continue;
      if (kept === undefined) delete object[key];
      else object[key] = kept;
    }
    this.#depth = depth;
    this.#struct = outer;
    return object;
  }

  #list(value: unknown, plan: Plan): unknown {
    if (!Array.isArray(value)) return this.#mismatch(value, plan);
    const item = plan.item as Plan;
    const depth = this.#depth++;
    for (let i = 0; i < value.length; i++) {
      const given: unknown = value[i];
      if (typeof given === "string" && item.kind === kinds.string) continue;
      this.#path[depth] = i;
      const kept = given === null ? zeroOf(item) : this.decode(given, item);
      if (kept !== given) value[i] = kept ?? zeroOf(item);
    }
    this.#depth = depth;
    return value.length === 0 && plan.omitZero ? undefined : value;
  }

  #map(value: unknown, plan: Plan): unknown {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return this.#mismatch(value, plan);
    const object = value as Record<string, unknown>;
    const item = plan.item as Plan;
    const depth = this.#depth++;
    let empty = true;
    for (const key in object) {
      this.keys++;
      empty = false;
      const given = object[key];
      if (typeof given === "string" && item.kind === kinds.string) continue;
      this.#path[depth] = `\0${key}`;
      const kept = given === null ? zeroOf(item) : this.decode(given, item);
      if (kept !== given) setOwn(object, key, kept ?? zeroOf(item));
    }
    this.#depth = depth;
    return empty && plan.omitZero ? undefined : object;
  }

  #wire(value: unknown, plan: Plan): unknown {
    if (value === null || value === undefined) return undefined;
    switch (plan.kind) {
      case kinds.raw:
        this.#count(value, this.#depth);
        return value;
      case kinds.intOrString:
        if (typeof value === "string") return value;
        if (typeof value === "number" && value === (value | 0)) return value;
        return this.#fail(
          `json: cannot unmarshal ${typeof value === "number" ? `number ${value}` : jsonTypeOf(value)} into Go value of type int32`,
        );
      case kinds.quantity:
        return this.#parsed(typeof value === "string" ? value : typeof value === "number" ? `${value}` : "{", quantity);
      case kinds.bytes:
        return typeof value === "string" ? this.#bytes(value, plan) : this.#mismatch(value, plan);
    }
    if (typeof value !== "string") {
      return this.#fail(`json: cannot unmarshal ${jsonTypeOf(value)} into Go value of type string`);
    }
    if (plan.kind === kinds.time) return this.#parsed(value, canonicalTime);
    if (plan.kind === kinds.microTime) return this.#parsed(value, canonicalMicroTime);
    return this.#parsed(value, duration);
  }

  #parsed(text: string, parse: (text: string) => string): unknown {
    try {
      return parse(text);
    } catch (error) {
      if (error instanceof QuantityError || error instanceof TimeError) return this.#fail(error.message);
      throw error;
    }
  }

  #bytes(text: string, plan: Plan): unknown {
    if (text === "" && plan.omitZero) return undefined;
    if (base64.test(text)) return text;
    const clean = text.replace(/[\r\n]/g, "");
    if (base64.test(clean)) return clean;
    const bad = text.search(/[^A-Za-z0-9+/\r\n]/);
    return this.#fail(`illegal base64 data at input byte ${bad < 0 ? text.length - (clean.length % 4) : bad}`);
  }

  #mismatch(value: unknown, plan: Plan): undefined {
    if (value === null || value === undefined) return undefined;
    return this.#typeError(jsonTypeOf(value), plan);
  }

  #badNumber(value: number, plan: Plan): undefined {
    return this.#typeError(`number ${value}`, plan);
  }

  #typeError(given: string, plan: Plan): undefined {
    const names = this.#path.slice(0, this.#depth).filter((step) => typeof step === "string" && !step.startsWith("\0"));
    const where = this.#struct === "" ? "value" : `struct field ${this.#struct}.${names.join(".")}`;
    return this.#fail(`json: cannot unmarshal ${given} into Go ${where} of type ${plan.goType}`);
  }

  /** Decoding goes on, for the unknown fields that follow; the first error is the one that is told. */
  #fail(message: string): undefined {
    this.error ??= message;
    return undefined;
  }

  #drop(depth: number, value: unknown): void {
    if (this.unknown.length < maxStrictErrors) this.unknown.push(pathText(this.#path, depth));
    this.#count(value, depth);
  }

  #count(value: unknown, depth: number): void {
    if (typeof value !== "object" || value === null) return;
    if (depth > maxDepth) {
      this.#fail("exceeded max depth");
      return;
    }
    if (Array.isArray(value)) {
      for (const item of value) this.#count(item, depth + 1);
      return;
    }
    for (const key in value) {
      this.keys++;
      this.#count((value as Record<string, unknown>)[key], depth + 1);
    }
  }
}

function quantity(text: string): string {
  return readQuantity(text).toString();
}

function duration(text: string): string {
  return formatGoDuration(parseGoDuration(text));
}

/** What Go leaves in a list or map where the JSON has null. */
function zeroOf(plan: Plan): unknown {
  switch (plan.kind) {
    case kinds.string:
    case kinds.bytes:
      return "";
    case kinds.int32:
    case kinds.int64:
    case kinds.number:
    case kinds.intOrString:
      return 0;
    case kinds.boolean:
      return false;
    case kinds.struct:
    case kinds.map:
      return {};
    case kinds.list:
      return [];
    case kinds.quantity:
      return Quantity.zero.toString();
    default:
      return null;
  }
}

function setOwn(object: Record<string, unknown>, key: string, value: unknown): void {
  if (key === "__proto__") {
    Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
  } else object[key] = value;
}

function pathText(path: readonly (string | number)[], depth: number): string {
  let text = "";
  for (let i = 0; i < depth; i++) {
    const step = path[i];
    if (typeof step === "number") text += `[${step}]`;
    else {
      const name = step?.startsWith("\0") ? step.slice(1) : (step ?? "");
      text += text === "" ? name : `.${name}`;
    }
  }
  return text;
}
