import type { ServerHttp2Stream } from "node:http2";
import type { Readable } from "node:stream";
import { gunzip } from "node:zlib";
import { failure } from "../../machinery/status/error.ts";
import { badRequest, requestEntityTooLarge } from "../../machinery/status/errors.ts";
import type { Exchange } from "./exchange.ts";

/** As kube-apiserver. */
export const bodyLimit = 3 * 1024 * 1024;
const bodyTimeout = 60_000;

/** The client went away, or stopped in the middle: nobody is there to be answered. */
export class ClientGoneError extends Error {
  override name = "ClientGoneError";
}

const nothing = Buffer.alloc(0);

/** The whole body, decompressed, which whoever looks on is told of. Throws 413 beyond the limit (compressed or not), 400, 415, and ClientGoneError. */
export async function readBody(exchange: Exchange): Promise<Buffer> {
  const body = await wholeBody(exchange);
  exchange.observer?.sent(body);
  return body;
}

async function wholeBody(exchange: Exchange): Promise<Buffer> {
  const { headers } = exchange;
  const announced = headers["content-length"];
  if (announced !== undefined) {
    if (Number(announced) > bodyLimit) throw tooLarge();
    if (announced === "0") return nothing;
  }
  const bytes = await collect(exchange);
  const encoding = headers["content-encoding"];
  if (encoding === undefined || encoding === "" || encoding === "identity") return bytes;
  if (encoding.toLowerCase() !== "gzip") {
    throw failure(415, "UnsupportedMediaType", `unsupported content encoding: ${encoding}`);
  }
  return decompress(bytes);
}

function tooLarge(): Error {
  return requestEntityTooLarge(`limit is ${bodyLimit}`);
}

function collect(exchange: Exchange): Promise<Buffer> {
  const { body } = exchange;
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const settle = (error?: Error): void => {
      clearTimeout(timer);
      body.off("data", onData);
      body.off("end", onEnd);
      body.off("aborted", onGone);
      body.off("close", onGone);
      if (error) reject(error);
      else resolve(chunks.length === 1 ? (chunks[0] ?? nothing) : Buffer.concat(chunks, size));
    };
    const onData = (chunk: Buffer): void => {
      size += chunk.length;
      if (size > bodyLimit) settle(tooLarge());
      else chunks.push(chunk);
    };
    const onEnd = (): void => {
      if (isWhole(body)) settle();
      // The stream may learn of its end a moment after its reader: in the same turn, so that the next one tells for sure.
      else setImmediate(() => settle(isWhole(body) ? undefined : new ClientGoneError("cut off")));
    };
    const onGone = (): void => settle(new ClientGoneError("the client went away"));
    const timer = setTimeout(() => {
      settle(failure(408, "Timeout", "the request's body did not arrive in time"));
    }, bodyTimeout).unref();
    body.on("data", onData);
    body.on("end", onEnd);
    body.on("aborted", onGone);
    body.on("close", onGone);
    body.on("error", onGone);
  });
}

/**
 * An HTTP/2 stream that is reset, or whose connection breaks, emits "end" like one that is whole; only its state tells
 * whether the client has closed its side.
 */
function isWhole(body: Readable): boolean {
  if (!("state" in body)) return true;
  const { aborted, state } = body as ServerHttp2Stream;
  return !aborted && state.remoteClose === 1;
}

function decompress(bytes: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    gunzip(bytes, { maxOutputLength: bodyLimit }, (error, result) => {
      if (error === null) resolve(result);
      else if ((error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") reject(tooLarge());
      else reject(badRequest(`the request's body is not gzip: ${error.message}`, { cause: error }));
    });
  });
}
