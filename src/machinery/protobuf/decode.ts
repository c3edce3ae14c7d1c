/** From protobuf to the JSON that the same Go struct has. */
import { type Field, type Form, type Message, maxDepth, messageOf } from "./message.ts";
import { ProtobufError, type ProtobufReader } from "./reader.ts";
import type { Nesting } from "./special.ts";

type JsonObject = Record<string, unknown>;

/** Of an object in an envelope inside a message. */
export type ReadEnvelope = (bytes: Buffer, depth: number) => unknown;

export class MessageDecoder {
  readonly #readEnvelope: ReadEnvelope;
  #depth: number;
  readonly #nesting: Nesting;

  constructor(readEnvelope: ReadEnvelope, depth = 0) {
    this.#readEnvelope = readEnvelope;
    this.#depth = depth;
    this.#nesting = {
      read: (reader, goName) => this.read(reader, messageOf(goName), {}),
      readEnvelope: (bytes) => this.#readEnvelope(bytes, this.#depth + 1),
    };
  }

  /** Into `object`: a message that comes in two parts is one. Throws ProtobufError. */
  read(reader: ProtobufReader, message: Message, object: JsonObject): JsonObject {
    if (this.#depth >= maxDepth) throw new ProtobufError("exceeded max depth");
    this.#depth++;
    while (!reader.done) {
      const tag = reader.tag();
      const field = message.field(tag >>> 3);
      if (field === undefined) reader.skip(tag & 7);
      else this.#field(reader, field, tag & 7, object);
    }
    this.#depth--;
    return object;
  }

  #field(reader: ProtobufReader, field: Field, wire: number, object: JsonObject): void {
    const { name, form, shape } = field;
    if (shape === "list" && form.wire === 0 && wire === 2) {
      // Packed, which no Go client writes and every one reads.
      const packed = reader.message();
      const items = listIn(object, name ?? "");
      while (!packed.done) items.push(this.#value(packed, form));
      return;
    }
    if (wire !== (field.tag & 7)) {
      const goField = name === undefined ? form.kind : name.charAt(0).toUpperCase() + name.slice(1);
      throw new ProtobufError(`wrong wireType = ${wire} for field ${goField}`);
    }
    if (name === undefined) {
      if (form.kind === "message") this.read(reader.message(), form.message, object);
      else reader.skip(wire);
    } else if (shape === "list") listIn(object, name).push(this.#value(reader, form));
    else if (shape === "map") this.#mapEntry(reader.message(), form, mapIn(object, name));
    else if (form.kind === "message") this.read(reader.message(), form.message, mapIn(object, name));
    else {
      const value = this.#value(reader, form);
      if (field.omitZero && (value === "" || value === 0 || value === false)) delete object[name];
      else object[name] = value;
    }
  }

  #mapEntry(reader: ProtobufReader, form: Form, map: JsonObject): void {
    let key = "";
    let value: unknown;
    while (!reader.done) {
      const tag = reader.tag();
      if (tag === 0x0a) key = reader.string();
      else if (tag === (0x10 | form.wire)) value = this.#value(reader, form);
      else reader.skip(tag & 7);
    }
    value ??= zeroOf(form);
    if (key === "__proto__") {
      Object.defineProperty(map, key, { value, enumerable: true, writable: true, configurable: true });
    } else map[key] = value;
  }

  #value(reader: ProtobufReader, form: Form): unknown {
    switch (form.kind) {
      case "string":
        return reader.string();
      case "bytes":
        return reader.bytes().toString("base64");
      case "bool":
        return reader.bool();
      case "int32":
        return reader.int32();
      case "int64":
        return reader.int64();
      case "double":
        return reader.double();
      case "message":
        return this.read(reader.message(), form.message, {});
      case "special":
        return form.special.read(reader.message(), this.#nesting);
      case "wrapped": {
        const inner = reader.message();
        const items: unknown[] = [];
        while (!inner.done) {
          const tag = inner.tag();
          if (tag === form.tag) items.push(this.#value(inner, form.item));
          else inner.skip(tag & 7);
        }
        return items;
      }
    }
  }
}

function listIn(object: JsonObject, name: string): unknown[] {
  object[name] ??= [];
  return object[name] as unknown[];
}

function mapIn(object: JsonObject, name: string): JsonObject {
  object[name] ??= {};
  return object[name] as JsonObject;
}

function zeroOf(form: Form): unknown {
  switch (form.kind) {
    case "string":
    case "bytes":
      return "";
    case "bool":
      return false;
    case "int32":
    case "int64":
    case "double":
      return 0;
    case "wrapped":
      return [];
    case "message":
      return {};
    case "special":
      return null;
  }
}
