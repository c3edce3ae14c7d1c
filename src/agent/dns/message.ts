/** DNS messages on the wire (RFC 1035), with EDNS (RFC 6891). */
import {
  type AddressRecord,
  type Answer,
  type NameRecord,
  type ResourceRecord,
  type ResponseCode,
  recordType,
} from "./records.ts";

export interface Query {
  readonly id: number;
  readonly opcode: number;
  readonly recursionDesired: boolean;
  /** As it was asked, upper and lower case kept. */
  readonly name: string;
  readonly type: number;
  readonly class: number;
  /** Where the question ends. */
  readonly questionEnd: number;
  /** What the client takes over UDP, where it said so. */
  readonly udpSize?: number;
}

export const HEADER = 12;
const CLASS_IN = 1;
const MAX_MESSAGE = 65_535;
/** What fits into every path, also through a tunnel (DNS flag day 2020). */
const OWN_UDP_SIZE = 1232;
const MAX_POINTER = 0x3fff;

export class MalformedMessage extends Error {
  override name = "MalformedMessage";
}

/** Throws MalformedMessage for what is not exactly one question. */
export function parseQuery(message: Buffer): Query {
  if (message.length < HEADER) throw new MalformedMessage("shorter than a header");
  const flags = message.readUInt16BE(2);
  if (flags & 0x8000) throw new MalformedMessage("an answer");
  if (message.readUInt16BE(4) !== 1) throw new MalformedMessage("not one question");
  const [name, end] = readName(message, HEADER);
  if (end + 4 > message.length) throw new MalformedMessage("cut off");
  const query = {
    id: message.readUInt16BE(0),
    opcode: (flags >> 11) & 0xf,
    recursionDesired: (flags & 0x100) !== 0,
    name,
    type: message.readUInt16BE(end),
    class: message.readUInt16BE(end + 2),
    questionEnd: end + 4,
  };
  const udpSize = ednsSize(message, query.questionEnd);
  return udpSize === undefined ? query : { ...query, udpSize };
}

/** What the OPT record says, which a query has among its additional records. */
function ednsSize(message: Buffer, start: number): number | undefined {
  let records = message.readUInt16BE(6) + message.readUInt16BE(8) + message.readUInt16BE(10);
  let offset = start;
  for (; records > 0; records--) {
    const [, end] = readName(message, offset);
    if (end + 10 > message.length) throw new MalformedMessage("cut off");
    if (message.readUInt16BE(end) === recordType.OPT) {
      return Math.max(512, message.readUInt16BE(end + 2));
    }
    offset = end + 10 + message.readUInt16BE(end + 8);
  }
  return undefined;
}

/** The name, and the offset behind it. */
export function readName(message: Buffer, start: number): [string, number] {
  const labels: string[] = [];
  let offset = start;
  let end: number | undefined;
  let length = 0;
  for (let jumps = 0; ; ) {
    const size = message[offset];
    if (size === undefined) throw new MalformedMessage("cut off");
    if (size === 0) return [labels.join("."), end ?? offset + 1];
    if ((size & 0xc0) === 0xc0) {
      const low = message[offset + 1];
      if (low === undefined || ++jumps > 32) throw new MalformedMessage("bad pointer");
      end ??= offset + 2;
      offset = ((size & 0x3f) << 8) | low;
      continue;
    }
    length += size + 1;
    if (size > 63 || length > 254 || offset + 1 + size > message.length) throw new MalformedMessage("bad name");
    labels.push(message.toString("latin1", offset + 1, offset + 1 + size));
    offset += size + 1;
  }
}

/** The addresses and aliases among the answers of another server. */
export function readRecords(message: Buffer): (AddressRecord | NameRecord)[] {
  const records: (AddressRecord | NameRecord)[] = [];
  let [, offset] = readName(message, HEADER);
  offset += 4;
  for (let left = message.readUInt16BE(6); left > 0; left--) {
    const [name, end] = readName(message, offset);
    const type = message.readUInt16BE(end);
    const ttl = message.readUInt32BE(end + 4);
    const data = end + 10;
    offset = data + message.readUInt16BE(end + 8);
    if (offset > message.length) throw new MalformedMessage("cut off");
    if (type === recordType.A) {
      records.push({ name, ttl, type, address: [...message.subarray(data, offset)].join(".") });
    } else if (type === recordType.AAAA) {
      const groups = Array.from({ length: 8 }, (_, index) => message.readUInt16BE(data + 2 * index).toString(16));
      records.push({ name, ttl, type, address: groups.join(":") });
    } else if (type === recordType.CNAME) {
      records.push({ name, ttl, type, target: readName(message, data)[0] });
    }
  }
  return records;
}

/** The answer as bytes. `limit`: over UDP what does not fit is left out, and the client is told to ask over TCP. */
export function encodeAnswer(query: Query, answer: Answer, limit: number): Buffer {
  const writer = new Writer(limit);
  writer.header(query, answer.code);
  writer.question(query);
  const room = query.udpSize === undefined ? 0 : 11;
  const answers = writer.records(answer.answers, room);
  const authority = answers.all ? writer.records(answer.authority, room) : { count: 0, all: true };
  const additional = answers.all && authority.all ? writer.records(answer.additional, room) : { count: 0, all: true };
  if (query.udpSize !== undefined) writer.edns();
  const truncated = !answers.all || !authority.all;
  return writer.finish(truncated, answers.count, authority.count, additional.count + (room > 0 ? 1 : 0));
}

/** An answer without records, in the words of the query. */
export function encodeCode(query: Query, code: ResponseCode): Buffer {
  return encodeAnswer(query, { code, answers: [], authority: [], additional: [] }, 512);
}

export function udpLimit({ udpSize = 512 }: Query): number {
  return Math.min(udpSize, OWN_UDP_SIZE);
}

export const TCP_LIMIT = MAX_MESSAGE;

const scratch = Buffer.alloc(MAX_MESSAGE + 512);

/** Writes into one buffer that all messages share; finish() copies what was written. */
class Writer {
  readonly #limit: number;
  readonly #names = new Map<string, number>();
  #end = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  header({ id, opcode, recursionDesired }: Query, code: ResponseCode): void {
    scratch.writeUInt16BE(id, 0);
    // An answer, authoritative or not for whoever cares; recursion is available.
    const flags = 0x8400 | (opcode << 11) | (recursionDesired ? 0x100 : 0) | 0x80 | code;
    scratch.writeUInt16BE(flags, 2);
    scratch.writeUInt16BE(1, 4);
    scratch.fill(0, 6, HEADER);
    this.#end = HEADER;
  }

  question({ name, type, class: inClass }: Query): void {
    this.#name(name);
    this.#uint16(type);
    this.#uint16(inClass);
  }

  /** As many as fit, leaving `room` bytes. */
  records(records: readonly ResourceRecord[], room: number): { count: number; all: boolean } {
    let count = 0;
    for (const record of records) {
      const before = this.#end;
      this.#record(record);
      if (this.#end + room > this.#limit) {
        this.#end = before;
        // Names in what was taken back must not be pointed to.
        for (const [name, offset] of this.#names) if (offset >= before) this.#names.delete(name);
        return { count, all: false };
      }
      count++;
    }
    return { count, all: true };
  }

  edns(): void {
    scratch[this.#end++] = 0;
    this.#uint16(recordType.OPT);
    this.#uint16(OWN_UDP_SIZE);
    this.#uint32(0);
    this.#uint16(0);
  }

  finish(truncated: boolean, answers: number, authority: number, additional: number): Buffer {
    if (truncated) scratch.writeUInt16BE(scratch.readUInt16BE(2) | 0x200, 2);
    scratch.writeUInt16BE(answers, 6);
    scratch.writeUInt16BE(authority, 8);
    scratch.writeUInt16BE(additional, 10);
    return Buffer.from(scratch.subarray(0, this.#end));
  }

  #record(record: ResourceRecord): void {
    this.#name(record.name);
    this.#uint16(record.type);
    this.#uint16(CLASS_IN);
    this.#uint32(record.ttl);
    const length = this.#end;
    this.#end += 2;
    this.#data(record);
    scratch.writeUInt16BE(this.#end - length - 2, length);
  }

  #data(record: ResourceRecord): void {
    switch (record.type) {
      case recordType.A:
        for (const octet of record.address.split(".")) scratch[this.#end++] = Number(octet);
        break;
      case recordType.AAAA:
        for (const group of ipv6Groups(record.address)) this.#uint16(group);
        break;
      case recordType.CNAME:
      case recordType.PTR:
      case recordType.NS:
        this.#name(record.target);
        break;
      case recordType.SRV:
        this.#uint16(record.priority);
        this.#uint16(record.weight);
        this.#uint16(record.port);
        // RFC 2782: its target is not compressed.
        this.#name(record.target, false);
        break;
      case recordType.TXT:
        scratch[this.#end++] = record.text.length;
        this.#end += scratch.write(record.text, this.#end, "latin1");
        break;
      case recordType.SOA:
        this.#name(record.primary);
        this.#name(record.mailbox);
        for (const number of [record.serial, record.refresh, record.retry, record.expire, record.minimum]) {
          this.#uint32(number);
        }
    }
  }

  #name(name: string, compress = true): void {
    let rest = name;
    while (rest !== "") {
      const key = rest.toLowerCase();
      const known = compress ? this.#names.get(key) : undefined;
      if (known !== undefined) {
        this.#uint16(0xc000 | known);
        return;
      }
      if (this.#end <= MAX_POINTER) this.#names.set(key, this.#end);
      const dot = rest.indexOf(".");
      const label = dot < 0 ? rest : rest.slice(0, dot);
      scratch[this.#end++] = label.length;
      this.#end += scratch.write(label, this.#end, "latin1");
      rest = dot < 0 ? "" : rest.slice(dot + 1);
    }
    scratch[this.#end++] = 0;
  }

  #uint16(number: number): void {
    scratch.writeUInt16BE(number, this.#end);
    this.#end += 2;
  }

  #uint32(number: number): void {
    scratch.writeUInt32BE(number >>> 0, this.#end);
    this.#end += 4;
  }
}

function ipv6Groups(address: string): number[] {
  const [head = "", tail] = address.split("::");
  const groups = (text: string): number[] =>
    text === ""
      ? []
      : text.split(":").flatMap((group) => {
          if (!group.includes(".")) return [Number.parseInt(group, 16)];
          const [a = 0, b = 0, c = 0, d = 0] = group.split(".").map(Number);
          return [a * 256 + b, c * 256 + d];
        });
  const before = groups(head);
  const after = tail === undefined ? [] : groups(tail);
  return [...before, ...new Array<number>(8 - before.length - after.length).fill(0), ...after];
}
