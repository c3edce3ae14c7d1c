/** Types with marshallers of their own: their messages are not what their JSON looks like. */
import { canonicalMicroTime, canonicalTime, formatGoDuration, parseGoDuration, TimeError } from "../schema/go-time.ts";
import { ProtobufError, type ProtobufReader } from "./reader.ts";
import type { ProtobufWriter } from "./writer.ts";

/** Writes another message with its length, but not its tag. */
export type WriteNested = (writer: ProtobufWriter, goName: string, value: unknown) => void;

/** What a special type may hold: other messages, and objects in an envelope. */
export interface Nesting {
  read(reader: ProtobufReader, goName: string): unknown;
  readEnvelope(bytes: Buffer): unknown;
}

export interface Special {
  /** The message without its length. undefined or null: Go's zero value. */
  write(writer: ProtobufWriter, value: unknown, writeNested: WriteNested): void;
  read(reader: ProtobufReader, nesting: Nesting): unknown;
}

export const magic = Buffer.from("k8s\0", "latin1");

export function isEnvelope(bytes: Buffer): boolean {
  return bytes.length >= magic.length && bytes.compare(magic, 0, magic.length, 0, magic.length) === 0;
}

const quantity: Special = {
  write(writer, value) {
    writer.string(typeof value === "string" ? value : "0");
    writer.varint(0x0a);
  },
  read(reader) {
    let text = "0";
    while (!reader.done) {
      const tag = reader.tag();
      if (tag === 0x0a) text = reader.string();
      else reader.skip(tag & 7);
    }
    return text;
  },
};

/** A Timestamp; Go's zero time is an empty message, and null in JSON. */
function time(canonical: (text: string) => string, digits: number): Special {
  return {
    write(writer, value) {
      if (typeof value !== "string") return;
      const text = canonical(value);
      const dot = text.indexOf(".");
      writer.varint(dot < 0 ? 0 : Number(text.slice(dot + 1, -1)) * 1000);
      writer.varint(0x10);
      writer.varint(Date.parse(dot < 0 ? text : `${text.slice(0, dot)}Z`) / 1000);
      writer.varint(0x08);
    },
    read(reader) {
      if (reader.done) return null;
      let seconds = 0;
      let nanoseconds = 0;
      while (!reader.done) {
        const tag = reader.tag();
        if (tag === 0x08) seconds = reader.int64();
        else if (tag === 0x10) nanoseconds = reader.int32();
        else reader.skip(tag & 7);
      }
      const date = new Date(seconds * 1000);
      if (Number.isNaN(date.getTime()) || date.getUTCFullYear() < 0 || date.getUTCFullYear() > 9999) {
        throw new ProtobufError("time: year outside of range [0,9999]");
      }
      const whole = date.toISOString().slice(0, 19);
      if (digits === 0) return `${whole}Z`;
      if (nanoseconds < 0 || nanoseconds > 999_999_999) throw new ProtobufError("timestamp: nanos out of range");
      return `${whole}.${String(nanoseconds).padStart(9, "0").slice(0, digits)}Z`;
    },
  };
}

const duration: Special = {
  write(writer, value) {
    writer.varint(typeof value === "string" ? Number(nanosecondsOf(value)) : 0);
    writer.varint(0x08);
  },
  read(reader) {
    let nanoseconds = 0n;
    while (!reader.done) {
      const tag = reader.tag();
      if (tag === 0x08) nanoseconds = BigInt.asIntN(64, reader.varint());
      else reader.skip(tag & 7);
    }
    return formatGoDuration(nanoseconds);
  },
};

function nanosecondsOf(text: string): bigint {
  try {
    return parseGoDuration(text);
  } catch (error) {
    if (error instanceof TimeError) return 0n;
    throw error;
  }
}

const intOrString: Special = {
  write(writer, value) {
    const isText = typeof value === "string";
    writer.string(isText ? value : "");
    writer.varint(0x1a);
    writer.varint(typeof value === "number" ? value : 0);
    writer.varint(0x10);
    writer.varint(isText ? 1 : 0);
    writer.varint(0x08);
  },
  read(reader) {
    let type = 0;
    let number = 0;
    let text = "";
    while (!reader.done) {
      const tag = reader.tag();
      if (tag === 0x08) type = reader.int64();
      else if (tag === 0x10) number = reader.int32();
      else if (tag === 0x1a) text = reader.string();
      else reader.skip(tag & 7);
    }
    return type === 1 ? text : number;
  },
};

/** JSON as bytes in field 1; a Go client may also embed an object in its own envelope. */
const rawJson: Special = {
  write(writer, value) {
    if (value === undefined || value === null) return;
    writer.bytes(Buffer.from(JSON.stringify(value)));
    writer.varint(0x0a);
  },
  read(reader, nesting) {
    let raw: Buffer | undefined;
    while (!reader.done) {
      const tag = reader.tag();
      if (tag === 0x0a) raw = reader.bytes();
      else reader.skip(tag & 7);
    }
    if (raw === undefined || raw.length === 0) return null;
    if (isEnvelope(raw)) return nesting.readEnvelope(raw);
    try {
      return JSON.parse(raw.toString("utf8"));
    } catch (error) {
      throw new ProtobufError("embedded JSON does not parse", { cause: error });
    }
  },
};

const apiextensions = "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1";
const schemaProps = `${apiextensions}.JSONSchemaProps`;

/** A schema, or a list of schemas. */
const schemaOrArray: Special = {
  write(writer, value, writeNested) {
    if (Array.isArray(value)) {
      for (let i = value.length - 1; i >= 0; i--) {
        writeNested(writer, schemaProps, value[i]);
        writer.varint(0x12);
      }
    } else if (typeof value === "object" && value !== null) {
      writeNested(writer, schemaProps, value);
      writer.varint(0x0a);
    }
  },
  read(reader, nesting) {
    let schema: unknown;
    const schemas: unknown[] = [];
    while (!reader.done) {
      const tag = reader.tag();
      if (tag === 0x0a) schema = nesting.read(reader.message(), schemaProps);
      else if (tag === 0x12) schemas.push(nesting.read(reader.message(), schemaProps));
      else reader.skip(tag & 7);
    }
    if (schemas.length > 0) return schemas;
    return schema ?? null;
  },
};

/** A schema, or whether anything is allowed. */
const schemaOrBool: Special = {
  write(writer, value, writeNested) {
    const isSchema = typeof value === "object" && value !== null;
    if (isSchema) {
      writeNested(writer, schemaProps, value);
      writer.varint(0x12);
    }
    // A schema says that more is allowed.
    writer.varint(isSchema || value === true ? 1 : 0);
    writer.varint(0x08);
  },
  read(reader, nesting) {
    let allows = false;
    let schema: unknown;
    while (!reader.done) {
      const tag = reader.tag();
      if (tag === 0x08) allows = reader.bool();
      else if (tag === 0x12) schema = nesting.read(reader.message(), schemaProps);
      else reader.skip(tag & 7);
    }
    return schema ?? allows;
  },
};

/** A schema, or a list of property names. */
const schemaOrStringArray: Special = {
  write(writer, value, writeNested) {
    if (Array.isArray(value)) {
      for (let i = value.length - 1; i >= 0; i--) {
        writer.string(String(value[i]));
        writer.varint(0x12);
      }
    } else if (typeof value === "object" && value !== null) {
      writeNested(writer, schemaProps, value);
      writer.varint(0x0a);
    }
  },
  read(reader, nesting) {
    let schema: unknown;
    const names: string[] = [];
    while (!reader.done) {
      const tag = reader.tag();
      if (tag === 0x0a) schema = nesting.read(reader.message(), schemaProps);
      else if (tag === 0x12) names.push(reader.string());
      else reader.skip(tag & 7);
    }
    if (names.length > 0) return names;
    return schema ?? null;
  },
};

const meta = "k8s.io/apimachinery/pkg/apis/meta/v1";

/** By full Go name. */
export const specials: Readonly<Record<string, Special>> = {
  "k8s.io/apimachinery/pkg/api/resource.Quantity": quantity,
  [`${meta}.Time`]: time(canonicalTime, 0),
  [`${meta}.MicroTime`]: time(canonicalMicroTime, 6),
  [`${meta}.Duration`]: duration,
  "k8s.io/apimachinery/pkg/util/intstr.IntOrString": intOrString,
  "k8s.io/apimachinery/pkg/runtime.RawExtension": rawJson,
  [`${meta}.FieldsV1`]: rawJson,
  [`${apiextensions}.JSON`]: rawJson,
  [`${apiextensions}.JSONSchemaPropsOrArray`]: schemaOrArray,
  [`${apiextensions}.JSONSchemaPropsOrBool`]: schemaOrBool,
  [`${apiextensions}.JSONSchemaPropsOrStringArray`]: schemaOrStringArray,
};
