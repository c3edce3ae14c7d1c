/**
 * Kubernetes' protobuf bodies as the JSON they stand for. kubectl 1.35 and client-go send them for built-in kinds and do
 * not fall back; answers need no protobuf, since every client accepts JSON beside it. Driven by the same table of facts as
 * the schemas (field numbers of each Go struct).
 * Envelope: https://kubernetes.io/docs/reference/using-api/api-concepts/#protobuf-encoding
 */
import { type FieldFact, type TypeFact, type TypeRef, typeFact } from "../../machinery/schema/table.ts";
import { ProtobufError, ProtobufReader } from "./protobuf-reader.ts";

const magic = Buffer.from("k8s\0", "latin1");
const maxDepth = 100;
const meta = "k8s.io/apimachinery/pkg/apis/meta/v1";

/** The full Go name of the type that a body says it is; undefined: unknown. */
export type GoNameOf = (apiVersion: string, kind: string) => string | undefined;

/** apiVersion and kind are those of the envelope. Throws ProtobufError. */
export function decodeProtobuf(body: Buffer, goNameOf: GoNameOf): Record<string, unknown> {
  if (body.length < magic.length || body.compare(magic, 0, magic.length, 0, magic.length) !== 0) {
    throw new ProtobufError("provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]");
  }
  const envelope = fieldsOf(body.subarray(magic.length));
  const types = fieldsOf(envelope.get(1) ?? Buffer.alloc(0));
  const apiVersion = types.get(1)?.toString("utf8") ?? "";
  const kind = types.get(2)?.toString("utf8") ?? "";
  const goName = goNameOf(apiVersion, kind);
  if (goName === undefined) {
    throw new ProtobufError(`no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)}`);
  }
  const object = message(envelope.get(2) ?? Buffer.alloc(0), goName, 0);
  return { ...(object as Record<string, unknown>), apiVersion, kind };
}

/** The length-delimited fields of a small message. */
function fieldsOf(bytes: Buffer): Map<number, Buffer> {
  const reader = new ProtobufReader(bytes);
  const fields = new Map<number, Buffer>();
  while (!reader.done) {
    const { number, wire } = reader.tag();
    if (wire === 2) fields.set(number, reader.bytes());
    else reader.skip(wire);
  }
  return fields;
}

type Special = (bytes: Buffer) => unknown;

/** Types whose JSON is not that of their fields. */
const specials: Readonly<Record<string, Special>> = {
  "k8s.io/apimachinery/pkg/api/resource.Quantity": (bytes) => fieldsOf(bytes).get(1)?.toString("utf8") ?? "0",
  [`${meta}.Time`]: (bytes) => timeOf(bytes, 0),
  [`${meta}.MicroTime`]: (bytes) => timeOf(bytes, 6),
  [`${meta}.Duration`]: (bytes) => durationOf(integersOf(bytes).get(1) ?? 0n),
  "k8s.io/apimachinery/pkg/util/intstr.IntOrString": intOrString,
  "k8s.io/apimachinery/pkg/runtime.RawExtension": rawJson,
  [`${meta}.FieldsV1`]: rawJson,
  "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1.JSON": rawJson,
};

function rawJson(bytes: Buffer): unknown {
  const raw = fieldsOf(bytes).get(1);
  if (raw === undefined || raw.length === 0) return null;
  try {
    return JSON.parse(raw.toString("utf8"));
  } catch (error) {
    throw new ProtobufError("embedded JSON does not parse", { cause: error });
  }
}

function integersOf(bytes: Buffer): Map<number, bigint> {
  const reader = new ProtobufReader(bytes);
  const fields = new Map<number, bigint>();
  while (!reader.done) {
    const { number, wire } = reader.tag();
    if (wire === 0) fields.set(number, BigInt.asIntN(64, reader.varint()));
    else reader.skip(wire);
  }
  return fields;
}

function intOrString(bytes: Buffer): unknown {
  const numbers = integersOf(bytes);
  if ((numbers.get(1) ?? 0n) === 1n) return fieldsOf(bytes).get(3)?.toString("utf8") ?? "";
  return Number(BigInt.asIntN(32, numbers.get(2) ?? 0n));
}

/** An empty message is Go's zero time, which is null in JSON. */
function timeOf(bytes: Buffer, digits: number): string | null {
  if (bytes.length === 0) return null;
  const fields = integersOf(bytes);
  const date = new Date(Number(fields.get(1) ?? 0n) * 1000);
  if (Number.isNaN(date.getTime())) throw new ProtobufError("time out of range");
  const seconds = date.toISOString().slice(0, -5);
  if (digits === 0) return `${seconds}Z`;
  const nanoseconds = String(fields.get(2) ?? 0n).padStart(9, "0");
  return `${seconds}.${nanoseconds.slice(0, digits)}Z`;
}

function durationOf(nanoseconds: bigint): string {
  const seconds = Number(nanoseconds) / 1e9;
  return `${seconds}s`;
}

/** Only types that came over the wire are kept parsed. */
const facts = new Map<string, TypeFact | undefined>();

function factOf(goName: string): TypeFact | undefined {
  if (!facts.has(goName)) facts.set(goName, typeFact(goName));
  return facts.get(goName);
}

/** One struct's fields by their numbers. */
const plans = new Map<string, ReadonlyMap<number, FieldFact>>();

function planOf(goName: string): ReadonlyMap<number, FieldFact> {
  let plan = plans.get(goName);
  if (plan === undefined) {
    const fields = factOf(goName)?.fields ?? [];
    plan = new Map(fields.flatMap((field) => (field.proto === undefined ? [] : [[field.proto, field] as const])));
    plans.set(goName, plan);
  }
  return plan;
}

function message(bytes: Buffer, goName: string, depth: number): unknown {
  if (depth > maxDepth) throw new ProtobufError("exceeded max depth");
  const special = specials[goName];
  if (special) return special(bytes);
  const fact = factOf(goName);
  if (fact?.kind === "alias" && fact.type?.list) return wrappedList(bytes, fact.type.list, depth);
  const plan = planOf(goName);
  const object: Record<string, unknown> = {};
  const reader = new ProtobufReader(bytes);
  while (!reader.done) {
    const { number, wire } = reader.tag();
    const field = plan.get(number);
    if (field === undefined) reader.skip(wire);
    else take(object, field, reader, wire, depth);
  }
  return object;
}

/** A named list ("ExtraValue") is a message with its items as field 1. */
function wrappedList(bytes: Buffer, item: TypeRef, depth: number): unknown[] {
  const reader = new ProtobufReader(bytes);
  const items: unknown[] = [];
  while (!reader.done) {
    const { number, wire } = reader.tag();
    if (number === 1) items.push(value(reader, wire, item, depth));
    else reader.skip(wire);
  }
  return items;
}

function take(
  object: Record<string, unknown>,
  { name, type }: FieldFact,
  reader: ProtobufReader,
  wire: number,
  depth: number,
): void {
  if (name === undefined) {
    // Inline in JSON, a message of its own here.
    Object.assign(object, value(reader, wire, type, depth));
    return;
  }
  const actual = resolved(type);
  if (actual.list) {
    object[name] ??= [];
    const list = object[name] as unknown[];
    if (wire === 2 && isInteger(actual.list)) {
      const packed = new ProtobufReader(reader.bytes());
      while (!packed.done) list.push(value(packed, 0, actual.list, depth));
    } else list.push(value(reader, wire, actual.list, depth));
  } else if (actual.map) {
    object[name] ??= {};
    const map = object[name] as Record<string, unknown>;
    const [key, item] = mapEntry(reader.bytes(), actual.map, depth);
    Object.defineProperty(map, key, { value: item, enumerable: true, writable: true, configurable: true });
  } else object[name] = value(reader, wire, type, depth);
}

function mapEntry(bytes: Buffer, item: TypeRef, depth: number): [string, unknown] {
  const reader = new ProtobufReader(bytes);
  let key = "";
  let found: unknown;
  while (!reader.done) {
    const { number, wire } = reader.tag();
    if (number === 1) key = reader.bytes().toString("utf8");
    else if (number === 2) found = value(reader, wire, item, depth);
    else reader.skip(wire);
  }
  return [key, found === undefined ? zeroOf(resolved(item)) : found];
}

function zeroOf({ t, ref }: TypeRef): unknown {
  if (t === "string" || t === "bytes") return "";
  if (t === "bool") return false;
  return ref === undefined ? 0 : {};
}

/** Through aliases of scalars and maps; an alias of a list stays, since it is a message. */
function resolved(type: TypeRef): TypeRef {
  if (type.ref === undefined || Object.hasOwn(specials, type.ref)) return type;
  const fact = factOf(type.ref);
  if (fact?.kind !== "alias" || fact.type === undefined || fact.type.list) return type;
  return resolved(fact.type);
}

function isInteger(type: TypeRef): boolean {
  const { t } = resolved(type);
  return t === "int32" || t === "int64" || t === "bool";
}

function value(reader: ProtobufReader, wire: number, type: TypeRef, depth: number): unknown {
  const { t, ref } = resolved(type);
  switch (wire) {
    case 0: {
      const raw = reader.varint();
      if (t === "bool") return raw !== 0n;
      return Number(t === "int32" ? BigInt.asIntN(32, raw) : BigInt.asIntN(64, raw));
    }
    case 1:
      return reader.double();
    case 2: {
      const bytes = reader.bytes();
      if (ref !== undefined) return message(bytes, ref, depth + 1);
      return t === "bytes" ? bytes.toString("base64") : bytes.toString("utf8");
    }
    default:
      throw new ProtobufError(`illegal wireType ${wire}`);
  }
}
