/** Asks the host's own servers. A server that does not answer delays nobody for long: another is asked meanwhile. */
import type { Clock } from "../../machinery/clock.ts";
import type { Logger } from "../../machinery/logger.ts";
import { AnswerCache } from "./answer-cache.ts";
import { exchangeTcp, exchangeUdp, type Server, withId } from "./exchange.ts";
import { HEADER, type Query } from "./message.ts";

export interface ForwarderOptions {
  readonly servers: () => Promise<readonly string[]>;
  /** 53, but for tests. */
  readonly port?: number;
  readonly clock: Clock;
  readonly log: Logger;
}

/** In ms: until the next server is asked too, and until nobody waits any more. Resolvers give up after five seconds. */
const NEXT_SERVER = 1000;
const GIVE_UP = 4500;
const MAX_UNDER_WAY = 500;
const TRUNCATED = 0x200;

export class Forwarder {
  readonly #options: ForwarderOptions;
  readonly #cache: AnswerCache;
  readonly #underWay = new Map<string, Promise<Buffer | undefined>>();
  readonly #ended = new AbortController();
  #preferred: string | undefined;

  constructor(options: ForwarderOptions) {
    this.#options = options;
    this.#cache = new AnswerCache(options.clock);
  }

  /** The answer with the query's own id; undefined where no server gave one. */
  async ask(message: Buffer, query: Query, tcp: boolean): Promise<Buffer | undefined> {
    // Upper and lower case may differ between who asks the same; an answer repeats the question as it was asked.
    const key = `${tcp ? "t" : "u"}${message.toString("latin1", 2, HEADER)}${message
      .toString("latin1", HEADER, query.questionEnd)
      .toLowerCase()}${message.toString("latin1", query.questionEnd)}`;
    const known = this.#cache.get(key);
    if (known) return asAsked(known, message, query);
    let running = this.#underWay.get(key);
    if (!running) {
      if (this.#underWay.size >= MAX_UNDER_WAY) return undefined;
      running = this.#askAll(message, query, tcp).finally(() => this.#underWay.delete(key));
      this.#underWay.set(key, running);
      const answer = await running;
      if (answer) this.#keep(key, answer);
    }
    const answer = await running;
    return answer && asAsked(Buffer.from(answer), message, query);
  }

  close(): void {
    this.#ended.abort();
  }

  /** An answer that cannot be read is passed on and not kept. */
  #keep(key: string, answer: Buffer): void {
    try {
      this.#cache.put(key, answer);
    } catch (error) {
      this.#options.log.debug({ err: error }, "an answer of another name server is not kept");
    }
  }

  async #askAll(message: Buffer, query: Query, tcp: boolean): Promise<Buffer | undefined> {
    const { servers: list, clock, port = 53, log } = this.#options;
    const servers = [...(await list())];
    if (servers.length === 0) return undefined;
    // The one that answered last comes first.
    if (this.#preferred !== undefined && servers.includes(this.#preferred)) {
      servers.splice(servers.indexOf(this.#preferred), 1);
      servers.unshift(this.#preferred);
    }
    const controller = new AbortController();
    const abort = (): void => controller.abort();
    this.#ended.signal.addEventListener("abort", abort, { once: true });
    const cancels = [clock.after(GIVE_UP, abort)];
    try {
      const attempts = servers.map(async (address, index) => {
        if (index > 0) await pause(clock, NEXT_SERVER * index, controller.signal, cancels);
        const answer = await askOne({ address, port }, message, query, tcp, controller.signal);
        this.#preferred = address;
        return answer;
      });
      // A lost packet, when there is nobody else to ask.
      if (attempts.length === 1)
        attempts.push(this.#again(servers[0] ?? "", message, query, tcp, controller.signal, cancels));
      return await Promise.any(attempts);
    } catch (error) {
      log.debug({ err: error, name: query.name }, "no name server of the host answers");
      return undefined;
    } finally {
      controller.abort();
      for (const cancel of cancels) cancel();
      this.#ended.signal.removeEventListener("abort", abort);
    }
  }

  async #again(
    address: string,
    message: Buffer,
    query: Query,
    tcp: boolean,
    signal: AbortSignal,
    cancels: (() => void)[],
  ): Promise<Buffer> {
    const { clock, port = 53 } = this.#options;
    await pause(clock, NEXT_SERVER, signal, cancels);
    return askOne({ address, port }, message, query, tcp, signal);
  }
}

/** Whoever asks over TCP wants the whole answer. */
async function askOne(
  server: Server,
  message: Buffer,
  { questionEnd }: Query,
  tcp: boolean,
  signal: AbortSignal,
): Promise<Buffer> {
  const answer = await exchangeUdp(server, message, questionEnd, signal);
  const truncated = (answer.readUInt16BE(2) & TRUNCATED) !== 0;
  return tcp && truncated ? await exchangeTcp(server, message, questionEnd, signal) : answer;
}

function pause(clock: Clock, milliseconds: number, signal: AbortSignal, cancels: (() => void)[]): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.addEventListener("abort", () => reject(new Error("no answer in time")), { once: true });
    cancels.push(clock.after(milliseconds, resolve));
  });
}

function asAsked(answer: Buffer, message: Buffer, { id, questionEnd }: Query): Buffer {
  const own = withId(answer, id);
  message.copy(own, HEADER, HEADER, questionEnd);
  return own;
}
