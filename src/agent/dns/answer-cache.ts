/** Answers of other servers, for at most half a minute, their time to live running down meanwhile. */
import type { Clock } from "../../machinery/clock.ts";
import { HEADER, readName } from "./message.ts";
import { recordType, responseCode } from "./records.ts";

const MAX_ENTRIES = 1000;
const MAX_SECONDS = 30;

interface Entry {
  readonly answer: Buffer;
  /** Where the times to live stand in it. */
  readonly ttls: readonly number[];
  readonly stored: number;
  readonly expires: number;
}

export class AnswerCache {
  readonly #clock: Clock;
  /** The oldest first. */
  readonly #entries = new Map<string, Entry>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get(key: string): Buffer | undefined {
    const entry = this.#entries.get(key);
    if (!entry) return undefined;
    const now = this.#clock.elapsed();
    if (now >= entry.expires) {
      this.#entries.delete(key);
      return undefined;
    }
    const answer = Buffer.from(entry.answer);
    const age = Math.floor((now - entry.stored) / 1000);
    for (const offset of entry.ttls) {
      answer.writeUInt32BE(Math.max(0, answer.readUInt32BE(offset) - age), offset);
    }
    return answer;
  }

  /** Keeps it where it may be kept: it is whole, and says that the name is there or is not. */
  put(key: string, answer: Buffer): void {
    const flags = answer.readUInt16BE(2);
    const code = flags & 0xf;
    const truncated = (flags & 0x200) !== 0;
    if (truncated || (code !== responseCode.NOERROR && code !== responseCode.NXDOMAIN)) return;
    const { ttls, seconds } = lifetimes(answer);
    if (seconds <= 0) return;
    this.#entries.delete(key);
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size < MAX_ENTRIES) break;
      this.#entries.delete(oldest);
    }
    const now = this.#clock.elapsed();
    this.#entries.set(key, { answer: Buffer.from(answer), ttls, stored: now, expires: now + seconds * 1000 });
  }
}

/** The shortest time to live; of an answer without records, what the zone says of absence (RFC 2308). */
function lifetimes(message: Buffer): { ttls: number[]; seconds: number } {
  const ttls: number[] = [];
  let seconds = MAX_SECONDS;
  const answers = message.readUInt16BE(6);
  const authority = message.readUInt16BE(8);
  const all = answers + authority + message.readUInt16BE(10);
  let [, offset] = readName(message, HEADER);
  offset += 4;
  let told = answers > 0;
  for (let index = 0; index < all; index++) {
    const [, end] = readName(message, offset);
    const type = message.readUInt16BE(end);
    const length = message.readUInt16BE(end + 8);
    if (type !== recordType.OPT) {
      ttls.push(end + 4);
      seconds = Math.min(seconds, message.readUInt32BE(end + 4));
    }
    if (type === recordType.SOA && answers === 0) {
      seconds = Math.min(seconds, message.readUInt32BE(end + 10 + length - 4));
      told = true;
    }
    offset = end + 10 + length;
  }
  return { ttls, seconds: told ? seconds : 0 };
}
