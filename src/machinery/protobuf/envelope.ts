/**
 * Kubernetes' protobuf bodies: "k8s\0", then a runtime.Unknown that says which kind follows.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#protobuf-encoding
 */
import { MessageDecoder } from "./decode.ts";
import { writeMessage } from "./encode.ts";
import { goNameOfKind } from "./kinds.ts";
import { maxDepth, messageOf } from "./message.ts";
import { ProtobufError, ProtobufReader } from "./reader.ts";
import { isEnvelope, magic } from "./special.ts";
import { ProtobufWriter } from "./writer.ts";

export interface TypedObject {
  readonly apiVersion?: string;
  readonly kind?: string;
}

const writer = new ProtobufWriter();

/** The object in its envelope. Throws where its kind has no protobuf form (goNameOfKind() tells). */
export function encodeObject(object: TypedObject): Buffer {
  return writing(() => {
    writeEnveloped(object);
  });
}

/** One frame of a streaming watch: four bytes of length, then a WatchEvent whose object is in its envelope. */
export function encodeWatchEvent(type: string, object: TypedObject): Buffer {
  return writing(() => {
    // RawExtension {raw}, inside WatchEvent {type, object}
    writeEnveloped(object);
    writer.varint(writer.length);
    writer.varint(0x0a);
    writer.varint(writer.length);
    writer.varint(0x12);
    writer.string(type);
    writer.varint(0x0a);
    const { length } = writer;
    writer.raw(Uint8Array.of(length >>> 24, (length >>> 16) & 0xff, (length >>> 8) & 0xff, length & 0xff));
  });
}

/** One item of a list, with its tag: what stands between encodeListFrame()'s two parts. */
export function encodeListItem(goName: string, object: object): Buffer {
  return writing(() => {
    writeMessage(writer, messageOf(goName), object as Readonly<Record<string, unknown>>);
    writer.varint(writer.length);
    writer.varint(0x12);
  });
}

/** Both sides of a list whose items take `itemsLength` bytes, so that a long one need not be held in one piece. */
export function encodeListFrame(
  { apiVersion, kind, metadata }: Required<TypedObject> & { readonly metadata: object },
  itemsLength: number,
): readonly [head: Buffer, tail: Buffer] {
  const goName = goNameOf(apiVersion, kind);
  const list = writing(() => writeMessage(writer, messageOf(goName), { metadata }));
  const head = writing(() => {
    writer.raw(list);
    writer.varint(list.length + itemsLength);
    writer.varint(0x12);
    writeTypeMeta(apiVersion, kind);
    writer.raw(magic);
  });
  return [head, noEncoding];
}

/**
 * The object with the apiVersion and kind of its envelope. Throws ProtobufError: cut off, malformed, or of a kind that is
 * not known.
 */
export function decodeObject(body: Buffer): Record<string, unknown> {
  return decodeEnveloped(body, 0);
}

function decodeEnveloped(body: Buffer, depth: number): Record<string, unknown> {
  if (depth >= maxDepth) throw new ProtobufError("exceeded max depth");
  if (!isEnvelope(body)) {
    throw new ProtobufError("provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]");
  }
  const envelope = stringFields(new ProtobufReader(body, magic.length));
  const types = stringFields(new ProtobufReader(envelope.get(1) ?? Buffer.alloc(0)));
  const apiVersion = types.get(1)?.toString("utf8") ?? "";
  const kind = types.get(2)?.toString("utf8") ?? "";
  const goName = goNameOf(apiVersion, kind);
  const decoder = new MessageDecoder(decodeEnveloped, depth);
  const object = decoder.read(new ProtobufReader(envelope.get(2) ?? Buffer.alloc(0)), messageOf(goName), {});
  return { ...object, apiVersion, kind };
}

/** The length-delimited fields of a small message. */
function stringFields(reader: ProtobufReader): Map<number, Buffer> {
  const fields = new Map<number, Buffer>();
  while (!reader.done) {
    const tag = reader.tag();
    if ((tag & 7) === 2) fields.set(tag >>> 3, reader.bytes());
    else reader.skip(tag & 7);
  }
  return fields;
}

function goNameOf(apiVersion: string, kind: string): string {
  const goName = goNameOfKind(apiVersion, kind);
  if (goName !== undefined) return goName;
  throw new ProtobufError(`no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)}`);
}

/** contentEncoding and contentType: always there, always empty. */
const noEncoding = Buffer.from([0x1a, 0, 0x22, 0]);

function writeEnveloped(object: TypedObject): void {
  const { apiVersion = "", kind = "" } = object;
  writer.raw(noEncoding);
  const start = writer.length;
  writeMessage(writer, messageOf(goNameOf(apiVersion, kind)), object as Readonly<Record<string, unknown>>);
  writer.varint(writer.length - start);
  writer.varint(0x12);
  writeTypeMeta(apiVersion, kind);
  writer.raw(magic);
}

function writeTypeMeta(apiVersion: string, kind: string): void {
  const start = writer.length;
  writer.string(kind);
  writer.varint(0x12);
  writer.string(apiVersion);
  writer.varint(0x0a);
  writer.varint(writer.length - start);
  writer.varint(0x0a);
}

/** One writer for all: nothing here waits. */
function writing(write: () => void): Buffer {
  try {
    write();
    return writer.take();
  } finally {
    writer.clear();
  }
}
