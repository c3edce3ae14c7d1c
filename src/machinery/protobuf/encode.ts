/** From an object as JSON has it to the bytes that generated.pb.go would write. */
import { type Field, type Form, type Message, messageOf } from "./message.ts";
import type { WriteNested } from "./special.ts";
import type { ProtobufWriter } from "./writer.ts";

type JsonObject = Readonly<Record<string, unknown>>;

const nothing: JsonObject = {};

/** Writes the message without length and tag. */
export function writeMessage(writer: ProtobufWriter, message: Message, object: JsonObject): void {
  const { fields } = message;
  for (let i = fields.length - 1; i >= 0; i--) {
    const field = fields[i] as Field;
    const value = field.name === undefined ? object : object[field.name];
    if (value === undefined || value === null) {
      if (field.always) writeValue(writer, field.form, field.tag, undefined);
    } else if (field.shape === "one") writeValue(writer, field.form, field.tag, value);
    else if (field.shape === "list") writeList(writer, field, value as readonly unknown[]);
    else writeMap(writer, field, value as JsonObject);
  }
}

function writeList(writer: ProtobufWriter, { form, tag }: Field, items: readonly unknown[]): void {
  for (let i = items.length - 1; i >= 0; i--) writeValue(writer, form, tag, items[i]);
}

/** In the order of the keys' bytes, as Go sorts them. */
function writeMap(writer: ProtobufWriter, { form, tag }: Field, map: JsonObject): void {
  const keys = Object.keys(map).sort(byBytes);
  for (let i = keys.length - 1; i >= 0; i--) {
    const key = keys[i] as string;
    const start = writer.length;
    writeValue(writer, form, 0x10 | form.wire, map[key]);
    writer.string(key);
    writer.varint(0x0a);
    writer.varint(writer.length - start);
    writer.varint(tag);
  }
}

function byBytes(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** undefined or null: Go's zero value. */
function writeValue(writer: ProtobufWriter, form: Form, tag: number, value: unknown): void {
  switch (form.kind) {
    case "string":
      writer.string((value ?? "") as string);
      break;
    case "message": {
      const start = writer.length;
      writeMessage(writer, form.message, (value ?? nothing) as JsonObject);
      writer.varint(writer.length - start);
      break;
    }
    case "bool":
      writer.varint(value === true ? 1 : 0);
      break;
    case "int32":
    case "int64":
      writer.varint((value ?? 0) as number);
      break;
    case "bytes":
      writer.bytes(Buffer.from((value ?? "") as string, "base64"));
      break;
    case "special": {
      const start = writer.length;
      form.special.write(writer, value, writeNested);
      writer.varint(writer.length - start);
      break;
    }
    case "wrapped": {
      const start = writer.length;
      const items = (value ?? []) as readonly unknown[];
      for (let i = items.length - 1; i >= 0; i--) writeValue(writer, form.item, form.tag, items[i]);
      writer.varint(writer.length - start);
      break;
    }
    case "double":
      writer.double((value ?? 0) as number);
  }
  writer.varint(tag);
}

const writeNested: WriteNested = (writer, goName, value) => {
  const start = writer.length;
  writeMessage(writer, messageOf(goName), (value ?? nothing) as JsonObject);
  writer.varint(writer.length - start);
};
