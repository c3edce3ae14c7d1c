import type { OutgoingHttpHeaders } from "node:http";
import { type Span, SpanStatusCode } from "@opentelemetry/api";
import type { Attributes, Decision } from "../authz/types.ts";
import type { UserInfo } from "../client/types.ts";
import type { Exchange, ExchangeObserver } from "../http/exchange.ts";
import { verbAttributes } from "./request-attributes.ts";
import type { RequestScope } from "./request-scope.ts";
import type { RunningRequest } from "./running-request.ts";

/** Kubernetes' names. A watch is all in the request's own span. */
const verbSpans: Readonly<Record<string, string>> = {
  get: "Get",
  list: "List",
  create: "Create",
  update: "Update",
  patch: "Patch",
  delete: "Delete",
  deletecollection: "Delete",
};

export interface HttpTraceOptions {
  readonly exchange: Exchange;
  readonly attributes: Attributes;
  readonly request: RunningRequest;
  readonly scope: RequestScope;
  /** The request's own. */
  readonly span: Span;
  /** Who looks on as well. */
  readonly inner: ExchangeObserver | undefined;
}

/** What an HTTP exchange tells its trace. */
export class HttpTrace implements ExchangeObserver {
  readonly #options: HttpTraceOptions;
  readonly #span: Span;
  readonly #inner: ExchangeObserver | undefined;
  #scope: RequestScope;
  #verb: Span | undefined;
  #serialization: Span | undefined;
  #longRunning = false;
  #received = false;

  constructor(options: HttpTraceOptions) {
    this.#options = options;
    this.#span = options.span;
    this.#scope = options.scope;
    this.#inner = options.inner;
  }

  actsAs(user: UserInfo): void {
    this.#inner?.actsAs(user);
  }

  decided(decision: Decision): void {
    this.#inner?.decided(decision);
    const { exchange, attributes, request } = this.#options;
    const name = attributes.resource === undefined ? undefined : verbSpans[attributes.verb];
    if (!decision.allowed || name === undefined || this.#verb !== undefined) return;
    const { span, scope } = this.#scope.start(name, verbAttributes(exchange, attributes));
    this.#verb = span;
    this.#scope = scope;
    request.scope = scope;
  }

  runsLong(): void {
    this.#inner?.runsLong();
    this.#longRunning = true;
    this.#verb?.updateName("Connect");
  }

  sent(body: Buffer): void {
    this.#inner?.sent(body);
    // Told a second time, it is the same body in another form.
    if (this.#received) return;
    this.#received = true;
    this.#span.setAttribute("http.request.body.size", body.length);
    this.#verb?.addEvent("limitedReadBody succeeded", { len: body.length }, this.#options.request.now());
  }

  answered(code: number, headers: OutgoingHttpHeaders, body: Uint8Array | string | undefined): void {
    this.#inner?.answered(code, headers, body);
    const size = typeof body === "string" ? Buffer.byteLength(body) : (body?.length ?? 0);
    this.#span.setAttribute("http.response.body.size", size);
    this.#answers(code);
    this.#verb?.addEvent("About to write a response", { size }, this.#options.request.now());
  }

  opened(code: number, headers: OutgoingHttpHeaders): void {
    this.#inner?.opened(code, headers);
    this.#answers(code);
    if (this.#longRunning) return;
    const { url, method } = this.#options.exchange;
    const mediaType = String(headers["content-type"] ?? "");
    this.#serialization = this.#scope.start("SerializeObject", { method, url, mediaType }).span;
  }

  complete(): void {
    this.#inner?.complete();
    const { request } = this.#options;
    const now = request.now();
    for (const span of [this.#serialization, this.#verb, this.#span]) if (span?.isRecording()) span.end(now);
    request.scope = undefined;
  }

  #answers(code: number): void {
    this.#span.setAttribute("http.response.status_code", code);
    if (code >= 500) this.#span.setStatus({ code: SpanStatusCode.ERROR });
  }
}
