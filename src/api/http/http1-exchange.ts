import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import type { Readable, Writable } from "node:stream";
import type { TLSSocket } from "node:tls";
import type { UserInfo } from "../client/types.ts";
import { auditIdOf } from "./audit-id.ts";
import { type Exchange, type ExchangeObserver, ExpiredError } from "./exchange.ts";

export class Http1Exchange implements Exchange {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly sender: UserInfo | undefined;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  stamp: Readonly<Record<string, string>> | undefined;
  observer: ExchangeObserver | undefined;
  #expired = false;
  #auditId: string | undefined;

  constructor(request: IncomingMessage, response: ServerResponse, sender?: UserInfo) {
    this.sender = sender;
    this.method = request.method ?? "GET";
    this.url = request.url ?? "/";
    this.headers = request.headers;
    this.#request = request;
    this.#response = response;
  }

  get auditId(): string {
    this.#auditId ??= auditIdOf(this.headers);
    return this.#auditId;
  }

  get body(): Readable {
    return this.#request;
  }

  get connection(): TLSSocket {
    return this.#request.socket as TLSSocket;
  }

  get code(): number {
    return this.#response.statusCode;
  }

  get answered(): boolean {
    return this.#response.headersSent;
  }

  get gone(): boolean {
    return this.#response.destroyed || this.#response.closed;
  }

  respond(code: number, headers: OutgoingHttpHeaders, body?: Uint8Array | string): void {
    if (this.#expired) return;
    headers["audit-id"] = this.auditId;
    this.observer?.answered(code, headers, body);
    if (this.stamp) Object.assign(headers, this.stamp);
    const response = this.#response;
    if (body === undefined) headers["content-length"] = 0;
    else headers["content-length"] = typeof body === "string" ? Buffer.byteLength(body) : body.length;
    // A body that nobody read would be taken for the next request: the connection ends with this answer.
    if (!this.#request.complete && hasBody(this.#request)) headers.connection = "close";
    response.writeHead(code, headers);
    response.end(this.method === "HEAD" ? undefined : body);
    if (!this.#request.complete) discard(this.#request);
  }

  open(code: number, headers: OutgoingHttpHeaders): Writable {
    if (this.#expired) throw new ExpiredError();
    headers["audit-id"] = this.auditId;
    this.observer?.opened(code, headers);
    if (this.stamp) Object.assign(headers, this.stamp);
    this.#response.writeHead(code, headers);
    this.#response.flushHeaders();
    return this.#response;
  }

  get expired(): boolean {
    return this.#expired;
  }

  expire(respond: () => void): void {
    if (this.gone || this.#expired) return;
    if (this.answered) this.abort();
    else respond();
    this.#expired = true;
  }

  onClose(callback: () => void): void {
    this.#response.once("close", callback);
  }

  abort(): void {
    this.#response.destroy();
    this.#request.destroy();
  }
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}

const discardLimit = 256 * 1024;
const discardTime = 1000;

/** Takes a little of an unwanted body, so that the client gets to read the answer, and then hangs up. */
function discard(request: IncomingMessage): void {
  let size = 0;
  const end = (): void => {
    clearTimeout(timer);
    request.destroy();
  };
  const timer = setTimeout(end, discardTime).unref();
  request.on("error", () => undefined);
  request.on("end", () => clearTimeout(timer));
  request.on("close", () => clearTimeout(timer));
  request.on("data", (chunk: Buffer) => {
    size += chunk.length;
    if (size > discardLimit) request.pause();
  });
}
