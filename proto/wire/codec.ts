/**
 * Protobuf messages from tables of their fields: what agent.proto says, without a parser of .proto files in memory. Fields
 * that are absent take proto3's defaults; a message within a message is undefined when it is absent.
 */
import { ProtobufReader } from "../../src/machinery/protobuf/reader.ts";
import { ProtobufWriter } from "../../src/machinery/protobuf/writer.ts";

const VARINT = 0;
const DELIMITED = 2;

export interface Codec<T> {
  encode(value: Partial<T>): Buffer;
  /** Throws ProtobufError. Bytes are views of the buffer. */
  decode(bytes: Buffer): T;
  /** For messages within messages. */
  write(writer: ProtobufWriter, value: Partial<T>): void;
  read(reader: ProtobufReader): T;
}

interface FieldType<T> {
  readonly wire: number;
  readonly initial: () => T;
  /** proto3 leaves out what has its default. */
  isDefault(value: T): boolean;
  /** Last byte first. */
  write(writer: ProtobufWriter, value: T): void;
  read(reader: ProtobufReader): T;
}

export interface Field<T> extends FieldType<T> {
  readonly repeated?: (reader: ProtobufReader, wire: number, into: T) => void;
  readonly writeAll?: (writer: ProtobufWriter, number: number, values: T) => void;
}

const nothing = Buffer.alloc(0);

export const string: Field<string> = {
  wire: DELIMITED,
  initial: () => "",
  isDefault: (value) => value === "",
  write: (writer, value) => writer.string(value),
  read: (reader) => reader.string(),
};
export const bytes: Field<Buffer> = {
  wire: DELIMITED,
  initial: () => nothing,
  isDefault: (value) => value.length === 0,
  write: (writer, value) => writer.bytes(value),
  read: (reader) => reader.bytes(),
};
/** int32 and int64. */
export const integer: Field<number> = {
  wire: VARINT,
  initial: () => 0,
  isDefault: (value) => value === 0,
  write: (writer, value) => writer.varint(value),
  read: (reader) => reader.int64(),
};
/** `optional`: zero is told, absent is undefined. */
export const optionalInteger: Field<number | undefined> = {
  wire: VARINT,
  initial: () => undefined,
  isDefault: (value) => value === undefined,
  write: (writer, value) => writer.varint(value ?? 0),
  read: (reader) => reader.int64(),
};
export const boolean: Field<boolean> = {
  wire: VARINT,
  initial: () => false,
  isDefault: (value) => !value,
  write: (writer, value) => writer.varint(value ? 1 : 0),
  read: (reader) => reader.bool(),
};

export function message<T extends object>(codec: Codec<T>): Field<T | undefined> {
  return {
    wire: DELIMITED,
    initial: () => undefined,
    isDefault: (value) => value === undefined,
    write(writer, value) {
      const end = writer.length;
      codec.write(writer, value ?? {});
      writer.varint(writer.length - end);
    },
    read: (reader) => codec.read(reader.message()),
  };
}

export function repeated<T>(element: Field<T> | Field<T | undefined>): Field<T[]> {
  const { wire, write, read } = element as Field<T>;
  const packed = wire === VARINT;
  return {
    wire: DELIMITED,
    initial: () => [],
    isDefault: (values) => values.length === 0,
    write: () => undefined,
    read: () => [],
    repeated(reader, fieldWire, into) {
      if (!packed || fieldWire !== DELIMITED) return void into.push(read(reader));
      for (const inner = reader.message(); !inner.done; ) into.push(read(inner));
    },
    writeAll(writer, number, values) {
      const end = writer.length;
      for (let i = values.length - 1; i >= 0; i--) {
        write(writer, values[i] as T);
        if (!packed) writer.varint((number << 3) | wire);
      }
      if (!packed) return;
      writer.varint(writer.length - end);
      writer.varint((number << 3) | DELIMITED);
    },
  };
}

type Fields<T> = { readonly [K in keyof T]: readonly [number: number, field: Field<T[K]>] };

export function codecOf<T extends object>(fields: Fields<T>): Codec<T> {
  const entries = (Object.entries(fields) as [keyof T, readonly [number, Field<unknown>]][]).map(
    ([name, [number, field]]) => ({ name, number, field }),
  );
  const byNumber = new Map(entries.map((entry) => [entry.number, entry]));
  const backwards = [...entries].sort((a, b) => b.number - a.number);

  const write = (writer: ProtobufWriter, value: Partial<T>): void => {
    for (const { name, number, field } of backwards) {
      const content = value[name];
      if (content === undefined || field.isDefault(content)) continue;
      if (field.writeAll) {
        field.writeAll(writer, number, content);
        continue;
      }
      field.write(writer, content);
      writer.varint((number << 3) | field.wire);
    }
  };
  const read = (reader: ProtobufReader): T => {
    const result = Object.fromEntries(entries.map(({ name, field }) => [name, field.initial()])) as T;
    while (!reader.done) {
      const tag = reader.tag();
      const entry = byNumber.get(tag >>> 3);
      if (!entry) reader.skip(tag & 7);
      else if (entry.field.repeated) entry.field.repeated(reader, tag & 7, result[entry.name]);
      else result[entry.name] = entry.field.read(reader) as T[keyof T];
    }
    return result;
  };
  return {
    encode(value) {
      writer.clear();
      write(writer, value);
      return writer.take();
    },
    decode: (buffer) => read(new ProtobufReader(buffer)),
    write,
    read,
  };
}

/** Encoding is synchronous: one buffer serves all. */
const writer = new ProtobufWriter();
