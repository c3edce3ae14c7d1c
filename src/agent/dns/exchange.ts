/** One question to one server, over UDP or TCP. The id and the port are by chance, so that nobody can answer in its place. */
import { randomInt } from "node:crypto";
import { createSocket } from "node:dgram";
import { connect } from "node:net";
import { FrameReader, framed } from "./framing.ts";
import { HEADER } from "./message.ts";

export interface Server {
  readonly address: string;
  readonly port: number;
}

/** Sends `query` with another id and resolves with the answer as it came. Rejects on errors and at the signal. */
export function exchangeUdp(server: Server, query: Buffer, questionEnd: number, signal: AbortSignal): Promise<Buffer> {
  if (signal.aborted) return Promise.reject(new Error("no answer in time"));
  const asked = withId(query, randomInt(65_536));
  const socket = createSocket(server.address.includes(":") ? "udp6" : "udp4");
  return new Promise((resolve, reject) => {
    const end = (error: Error | undefined, answer?: Buffer): void => {
      signal.removeEventListener("abort", onAbort);
      socket.removeAllListeners("message");
      socket.close();
      if (answer) resolve(answer);
      else reject(error ?? new Error("no answer"));
    };
    const onAbort = (): void => end(new Error("no answer in time"));
    signal.addEventListener("abort", onAbort, { once: true });
    socket.once("error", (error) => end(error));
    // A connected socket takes messages of this server alone.
    socket.connect(server.port, server.address, () => {
      if (signal.aborted) return;
      socket.on("message", (answer) => {
        if (answers(asked, answer, questionEnd)) end(undefined, answer);
      });
      socket.send(asked);
    });
  });
}

export function exchangeTcp(server: Server, query: Buffer, questionEnd: number, signal: AbortSignal): Promise<Buffer> {
  if (signal.aborted) return Promise.reject(new Error("no answer in time"));
  const asked = withId(query, randomInt(65_536));
  return new Promise((resolve, reject) => {
    const socket = connect({ host: server.address, port: server.port });
    const end = (error: Error | undefined, answer?: Buffer): void => {
      signal.removeEventListener("abort", onAbort);
      socket.destroy();
      if (answer) resolve(answer);
      else reject(error ?? new Error("no answer"));
    };
    const onAbort = (): void => end(new Error("no answer in time"));
    signal.addEventListener("abort", onAbort, { once: true });
    const reader = new FrameReader((answer) => {
      if (answers(asked, answer, questionEnd)) end(undefined, answer);
    });
    socket.on("error", (error) => end(error));
    socket.on("close", () => end(new Error("the connection was closed")));
    socket.on("data", (chunk) => reader.push(chunk));
    socket.write(framed(asked));
  });
}

export function withId(message: Buffer, id: number): Buffer {
  const copy = Buffer.from(message);
  copy.writeUInt16BE(id, 0);
  return copy;
}

/** The same id and, letter by letter, the same question. */
function answers(asked: Buffer, answer: Buffer, questionEnd: number): boolean {
  return (
    answer.length >= questionEnd &&
    answer.readUInt16BE(0) === asked.readUInt16BE(0) &&
    ((answer[2] ?? 0) & 0x80) !== 0 &&
    answer.readUInt16BE(4) === 1 &&
    answer.subarray(HEADER, questionEnd).equals(asked.subarray(HEADER, questionEnd))
  );
}
