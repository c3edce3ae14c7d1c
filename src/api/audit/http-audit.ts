import type { OutgoingHttpHeaders } from "node:http";
import type { Attributes, Decision } from "../authz/types.ts";
import type { UserInfo } from "../client/types.ts";
import type { Exchange, ExchangeObserver } from "../http/exchange.ts";
import type { AuditEvent } from "./audit-event.ts";
import { type Auditor, decisionAnnotations, sourceIps } from "./auditor.ts";

/** What an HTTP exchange tells the audit log. */
class HttpAudit implements ExchangeObserver {
  readonly #event: AuditEvent;
  #longRunning = false;

  constructor(event: AuditEvent) {
    this.#event = event;
  }

  actsAs(user: UserInfo): void {
    this.#event.impersonates(user);
  }

  decided(decision: Decision): void {
    this.#event.annotate(decisionAnnotations(decision));
  }

  runsLong(): void {
    this.#longRunning = true;
  }

  /** Bodies that are no JSON are in the log only where somebody has turned them into it. */
  sent(body: Buffer): void {
    if (this.#event.wantsRequest && body.length > 0) this.#event.request(parsed(body));
  }

  answered(code: number, _: OutgoingHttpHeaders, body: Uint8Array | string | undefined): void {
    const isError = code >= 400;
    this.#event.response(code, body !== undefined && (isError || this.#event.wantsResponse) ? parsed(body) : undefined);
  }

  opened(code: number): void {
    this.#event.response(code);
    if (this.#longRunning) this.#event.stage("ResponseStarted");
  }

  complete(): void {
    this.#event.stage("ResponseComplete");
  }
}

/** `user`: as authenticated; undefined: nobody was. */
export function observe(
  auditor: Auditor,
  exchange: Exchange,
  attributes: Attributes,
  user: UserInfo | undefined,
): void {
  const { headers, url, connection, auditId } = exchange;
  const event = auditor.begin({
    attributes,
    user: user ?? { name: "", groups: [] },
    requestUri: url,
    sourceIps: sourceIps(headers, connection.remoteAddress),
    userAgent: headers["user-agent"],
    auditId,
  });
  auditor.attach(event);
  if (event !== undefined) exchange.observer = new HttpAudit(event);
}

const brace = 0x7b;
const bracket = 0x5b;

function parsed(body: Uint8Array | string): unknown {
  const buffer = typeof body === "string" ? Buffer.from(body) : body;
  if (buffer[0] !== brace && buffer[0] !== bracket) return undefined;
  try {
    return JSON.parse(Buffer.from(buffer).toString("utf8"));
  } catch {
    // What the client sent is not always JSON; the answer tells what was wrong with it.
    return undefined;
  }
}
