/**
 * The protobuf messages of Kubernetes' Go structs, made from the table of facts when first used. Go's field types decide,
 * as in generated.pb.go: what is neither a pointer nor a list or map is always written, zero or not.
 */
import { type FieldFact, type TypeFact, type TypeRef, typeFact } from "../schema/table.ts";
import { type Special, specials } from "./special.ts";

export type Form =
  | { readonly kind: "string" | "bytes" | "bool" | "int32" | "int64" | "double"; readonly wire: number }
  | { readonly kind: "message"; readonly wire: 2; readonly message: Message }
  | { readonly kind: "special"; readonly wire: 2; readonly special: Special }
  /** A named list ("ExtraValue") is a message with its items as field 1. */
  | { readonly kind: "wrapped"; readonly wire: 2; readonly tag: number; readonly item: Form };

export interface Field {
  /** undefined: inline in JSON, a message of its own here. */
  readonly name: string | undefined;
  readonly tag: number;
  readonly shape: "one" | "list" | "map";
  /** Of the value, of a list's item, or of a map's value. */
  readonly form: Form;
  readonly always: boolean;
  /** Its zero value is not in the JSON: omitempty, and no pointer. */
  readonly omitZero: boolean;
}

/** What a message may nest before it is refused; Kubernetes' own go no deeper than a CustomResourceDefinition's schema. */
export const maxDepth = 200;

export class Message {
  readonly goName: string;
  #fields: readonly Field[] | undefined;
  #byNumber: ReadonlyMap<number, Field> | undefined;

  constructor(goName: string) {
    this.goName = goName;
  }

  /** In the order of their numbers. */
  get fields(): readonly Field[] {
    this.#fields ??= fieldsOf(this.goName);
    return this.#fields;
  }

  field(number: number): Field | undefined {
    this.#byNumber ??= new Map(this.fields.map((field) => [field.tag >>> 3, field]));
    return this.#byNumber.get(number);
  }
}

const messages = new Map<string, Message>();

/** By the full Go name; one that the table does not have is a message without fields. */
export function messageOf(goName: string): Message {
  let message = messages.get(goName);
  if (message === undefined) {
    message = new Message(goName);
    messages.set(goName, message);
  }
  return message;
}

function fieldsOf(goName: string): Field[] {
  const facts = typeFact(goName)?.fields ?? [];
  const fields = facts.flatMap((fact) => (fact.proto === undefined ? [] : [fieldOf(fact, fact.proto)]));
  return fields.sort((a, b) => a.tag - b.tag);
}

function fieldOf({ name, type, pointer, omitempty }: FieldFact, number: number): Field {
  const actual = resolved(type);
  const numbered = (shape: Field["shape"], form: Form): Field => ({
    name,
    tag: (number << 3) | (shape === "map" ? 2 : form.wire),
    shape,
    form,
    always: shape === "one" && pointer !== true && form.kind !== "bytes" && form.kind !== "wrapped",
    omitZero: omitempty === true && pointer !== true && shape === "one",
  });
  if (actual.list) return numbered("list", formOf(actual.list));
  if (actual.map) return numbered("map", formOf(actual.map));
  return numbered("one", formOf(actual));
}

/** Declared +protobuf.nullable: the only named lists that are messages. */
const wrappedLists = /\.(?:ExtraValue|Verbs)$/;

/** Through the names of scalars, lists and maps. */
function resolved(type: TypeRef): TypeRef {
  const { ref } = type;
  if (ref === undefined || Object.hasOwn(specials, ref) || wrappedLists.test(ref)) return type;
  const fact = typeFact(ref);
  return fact?.kind === "alias" && fact.type !== undefined ? resolved(fact.type) : type;
}

const scalars: Readonly<Record<string, Form>> = {
  string: { kind: "string", wire: 2 },
  bytes: { kind: "bytes", wire: 2 },
  bool: { kind: "bool", wire: 0 },
  int32: { kind: "int32", wire: 0 },
  int64: { kind: "int64", wire: 0 },
  int: { kind: "int64", wire: 0 },
  float64: { kind: "double", wire: 1 },
};

function formOf(type: TypeRef): Form {
  const { t, ref } = resolved(type);
  if (ref === undefined) {
    const scalar = scalars[t ?? ""];
    if (scalar === undefined) throw new Error(`no protobuf form for ${JSON.stringify(type)}`);
    return scalar;
  }
  const special = Object.hasOwn(specials, ref) ? specials[ref] : undefined;
  if (special) return { kind: "special", wire: 2, special };
  const fact: TypeFact | undefined = wrappedLists.test(ref) ? typeFact(ref) : undefined;
  const item = fact?.type?.list;
  if (item) {
    const form = formOf(item);
    return { kind: "wrapped", wire: 2, tag: (1 << 3) | form.wire, item: form };
  }
  return { kind: "message", wire: 2, message: messageOf(ref) };
}
