/** Answers pods: the cluster's names by itself, all others by asking whom the host asks. UDP and TCP on one port. */
import { createSocket, type Socket as UdpSocket } from "node:dgram";
import { createServer, type Socket, type Server as TcpServer } from "node:net";
import type { Logger } from "../../machinery/logger.ts";
import type { ClusterZone, ZoneAnswer } from "./cluster-zone.ts";
import type { Forwarder } from "./forwarder.ts";
import { FrameReader, framed } from "./framing.ts";
import {
  encodeAnswer,
  encodeCode,
  MalformedMessage,
  parseQuery,
  type Query,
  readRecords,
  TCP_LIMIT,
  udpLimit,
} from "./message.ts";
import { recordType, responseCode } from "./records.ts";

export interface DnsServerOptions {
  readonly zone: ClusterZone;
  readonly forwarder: Forwarder;
  readonly log: Logger;
}

const MAX_CONNECTIONS = 200;
const IDLE_CONNECTION = 10_000;
const MAX_FOLLOWED = 8;
const PORT_ATTEMPTS = 10;

export class DnsServer {
  readonly #options: DnsServerOptions;
  #udp: UdpSocket | undefined;
  #tcp: TcpServer | undefined;
  readonly #connections = new Set<Socket>();

  constructor(options: DnsServerOptions) {
    this.#options = options;
  }

  /** Takes `preferred` where it is free for both UDP and TCP, otherwise any port; resolves with it. */
  async listen(address: string, preferred: number): Promise<number> {
    let port = preferred;
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#listen(address, port);
      } catch (error) {
        await this.close();
        if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE" || attempt === PORT_ATTEMPTS) throw error;
        port = 0;
      }
    }
  }

  async close(): Promise<void> {
    for (const connection of this.#connections) connection.destroy();
    const udp = this.#udp;
    const tcp = this.#tcp;
    this.#udp = undefined;
    this.#tcp = undefined;
    if (udp) await new Promise<void>((resolve) => udp.close(() => resolve()));
    if (tcp?.listening) await new Promise<void>((resolve) => tcp.close(() => resolve()));
  }

  async #listen(address: string, wanted: number): Promise<number> {
    const udp = createSocket({ type: address.includes(":") ? "udp6" : "udp4", recvBufferSize: 1 << 20 });
    await new Promise<void>((resolve, reject) => {
      udp.once("error", reject);
      udp.bind({ address, port: wanted }, () => {
        udp.off("error", reject);
        resolve();
      });
    });
    this.#udp = udp;
    const { port } = udp.address();
    udp.on("error", (error) => this.#options.log.warn({ err: error }, "the DNS server's socket failed"));
    udp.on("message", (message, peer) => {
      const reply = (answer: Buffer | undefined): void => {
        // Whoever asked may be gone: then there is nobody to answer.
        if (answer && this.#udp === udp) udp.send(answer, peer.port, peer.address, () => undefined);
      };
      this.#handle(message, false, reply);
    });
    const tcp = createServer((socket) => this.#serve(socket));
    tcp.maxConnections = MAX_CONNECTIONS;
    this.#tcp = tcp;
    await new Promise<void>((resolve, reject) => {
      tcp.once("error", reject);
      tcp.listen(port, address, () => {
        tcp.off("error", reject);
        resolve();
      });
    });
    return port;
  }

  #serve(socket: Socket): void {
    this.#connections.add(socket);
    socket.setTimeout(IDLE_CONNECTION, () => socket.destroy());
    socket.on("close", () => this.#connections.delete(socket));
    socket.on("error", () => socket.destroy());
    const reader = new FrameReader((message) => {
      this.#handle(message, true, (answer) => {
        if (answer && !socket.destroyed) socket.write(framed(answer));
      });
    });
    socket.on("data", (chunk) => reader.push(chunk));
  }

  /** Calls back in the same turn for the cluster's own names. Undefined: not worth an answer. */
  #handle(message: Buffer, tcp: boolean, reply: (answer: Buffer | undefined) => void): void {
    let query: Query;
    try {
      query = parseQuery(message);
    } catch (error) {
      if (!(error instanceof MalformedMessage || error instanceof RangeError)) throw error;
      reply(malformed(message));
      return;
    }
    const limit = tcp ? TCP_LIMIT : udpLimit(query);
    if (query.opcode !== 0) {
      reply(encodeCode(query, responseCode.NOTIMP));
      return;
    }
    const found = query.class === 1 ? this.#options.zone.resolve(query.name, query.type) : undefined;
    if (found?.follow === undefined && found) {
      reply(encodeAnswer(query, found, limit));
      return;
    }
    const later = found?.follow === undefined ? this.#forward(message, query, tcp) : this.#follow(found, query, limit);
    later.then(reply, (error: unknown) => {
      this.#options.log.warn({ err: error, name: query.name }, "a DNS query could not be answered");
      reply(encodeCode(query, responseCode.SERVFAIL));
    });
  }

  async #forward(message: Buffer, query: Query, tcp: boolean): Promise<Buffer> {
    const answer = await this.#options.forwarder.ask(message, query, tcp);
    return answer ?? encodeCode(query, responseCode.SERVFAIL);
  }

  /** The name behind an alias is looked up as well, so that the client need not. */
  async #follow(alias: ZoneAnswer, query: Query, limit: number): Promise<Buffer> {
    const answers = [...alias.answers];
    let { follow } = alias;
    for (let steps = 0; follow !== undefined && steps < MAX_FOLLOWED; steps++) {
      const own = this.#options.zone.resolve(follow, query.type);
      if (own) {
        answers.push(...own.answers);
        follow = own.follow;
        continue;
      }
      const question = questionFor(follow, query.type);
      const told = await this.#options.forwarder.ask(question, parseQuery(question), true);
      if (told) answers.push(...readRecords(told).filter(({ type }) => followed.has(type)));
      break;
    }
    return encodeAnswer(query, { ...alias, answers }, limit);
  }
}

const followed = new Set<number>([recordType.A, recordType.AAAA, recordType.CNAME]);

function questionFor(name: string, type: number): Buffer {
  const labels = name
    .split(".")
    .map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label, "latin1")]));
  const tail = Buffer.from([0, type >> 8, type & 0xff, 0, 1]);
  // Recursion desired, one question.
  return Buffer.concat([Buffer.from([0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]), ...labels, tail]);
}

/** FORMERR, where there is at least an id to send back. */
function malformed(message: Buffer): Buffer | undefined {
  if (message.length < 4 || ((message[2] ?? 0) & 0x80) !== 0) return undefined;
  const answer = Buffer.alloc(12);
  message.copy(answer, 0, 0, 2);
  answer.writeUInt16BE(0x8000 | responseCode.FORMERR, 2);
  return answer;
}
