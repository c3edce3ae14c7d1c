import type { IncomingHttpHeaders, OutgoingHttpHeaders } from "node:http";
import { constants, type IncomingHttpHeaders as Http2Headers, type ServerHttp2Stream } from "node:http2";
import type { Readable, Writable } from "node:stream";
import type { TLSSocket } from "node:tls";
import { auditIdOf } from "./audit-id.ts";
import { type Exchange, type ExchangeObserver, ExpiredError } from "./exchange.ts";

/** On the stream itself: Node's compatibility layer costs a third of the requests per second. */
export class Http2Exchange implements Exchange {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly connection: TLSSocket;
  readonly #stream: ServerHttp2Stream;
  #code = 0;
  stamp: Readonly<Record<string, string>> | undefined;
  observer: ExchangeObserver | undefined;
  #expired = false;
  #auditId: string | undefined;

  constructor(stream: ServerHttp2Stream, headers: Http2Headers, connection: TLSSocket) {
    this.method = headers[":method"] ?? "GET";
    this.url = headers[":path"] ?? "/";
    this.headers = headers;
    this.connection = connection;
    this.#stream = stream;
    // A reset by the client is no news to anybody.
    stream.on("error", () => undefined);
  }

  get auditId(): string {
    this.#auditId ??= auditIdOf(this.headers);
    return this.#auditId;
  }

  get body(): Readable {
    return this.#stream;
  }

  get code(): number {
    return this.#code;
  }

  get answered(): boolean {
    return this.#stream.headersSent;
  }

  get gone(): boolean {
    return this.#stream.destroyed || this.#stream.closed;
  }

  respond(code: number, headers: OutgoingHttpHeaders, body?: Uint8Array | string): void {
    const stream = this.#stream;
    if (this.gone || this.#expired) return;
    headers["audit-id"] = this.auditId;
    this.observer?.answered(code, headers, body);
    if (this.stamp) Object.assign(headers, this.stamp);
    this.#code = code;
    headers[":status"] = code;
    if (body === undefined || this.method === "HEAD") {
      if (body !== undefined) headers["content-length"] = Buffer.byteLength(body);
      stream.respond(headers, { endStream: true });
    } else {
      headers["content-length"] = Buffer.byteLength(body);
      stream.respond(headers);
      stream.end(body);
    }
    if (!stream.readableEnded) discard(stream);
  }

  open(code: number, headers: OutgoingHttpHeaders): Writable {
    if (this.#expired) throw new ExpiredError();
    headers["audit-id"] = this.auditId;
    this.observer?.opened(code, headers);
    if (this.stamp) Object.assign(headers, this.stamp);
    this.#code = code;
    headers[":status"] = code;
    if (!this.gone) this.#stream.respond(headers);
    return this.#stream;
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
    this.#stream.once("close", callback);
  }

  abort(): void {
    this.#stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  }
}

/** An answer that comes before the request has ended: the rest of the body is not wanted. */
function discard(stream: ServerHttp2Stream): void {
  stream.resume();
  stream.once("finish", () => {
    if (!stream.closed) stream.close(constants.NGHTTP2_NO_ERROR);
  });
}
