/**
 * One request and its answer, the same for HTTP/1.1 and HTTP/2, so that nothing above asks which it is. A plain object
 * around Node's own streams: on the hot path there is no other layer.
 */
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from "node:http";
import type { Readable, Writable } from "node:stream";
import type { TLSSocket } from "node:tls";
import type { Decision } from "../authz/types.ts";
import type { UserInfo } from "../client/types.ts";

export interface Exchange {
  readonly method: string;
  /** Path and query as they were sent: "/api/v1/pods?limit=5". */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  /** The bytes of the request's body, not decompressed. */
  readonly body: Readable;
  /** Who sends it, where the way it came tells: then `connection` has no TLS. */
  readonly sender?: UserInfo | undefined;
  /** The TLS connection it came on; one connection is one identity. */
  readonly connection: TLSSocket;
  /** Whether the answer's head was already sent. */
  readonly answered: boolean;
  /** The answer's status; before that it means nothing. */
  readonly code: number;
  /** Whether the client went away, or its request was cut off. */
  readonly gone: boolean;
  /** Headers that the answer carries whatever it is; lower-case names. */
  stamp: Readonly<Record<string, string>> | undefined;
  /** The Audit-Id header of the answer; in the audit log it is the request's name. */
  readonly auditId: string;
  /** Told of what is sent and answered; absent: nobody wants to know. */
  observer: ExchangeObserver | undefined;
  /** The time for it is over and a 504 was sent: respond() does nothing any longer, open() throws. */
  readonly expired: boolean;
  /** Sends the 504 that `respond` gives, where nothing was sent yet, or cuts the answer off. */
  expire(respond: () => void): void;
  /** A whole answer at once; Content-Length is set here. */
  respond(code: number, headers: OutgoingHttpHeaders, body?: Uint8Array | string): void;
  /** The head of an answer whose body is then written: mind write()'s result and "drain". */
  open(code: number, headers: OutgoingHttpHeaders): Writable;
  /** Called once, when the exchange is over for whatever reason: answered in full, cut off, or the connection lost. */
  onClose(callback: () => void): void;
  /** Ends the exchange at once, in whatever state it is. */
  abort(): void;
}

/** Looks on, for the audit log. */
export interface ExchangeObserver {
  actsAs(user: UserInfo): void;
  decided(decision: Decision): void;
  /** It will go on for long after its answer has begun. */
  runsLong(): void;
  /** The request's body, as JSON where it came as something else. */
  sent(body: Buffer): void;
  answered(code: number, headers: OutgoingHttpHeaders, body: Uint8Array | string | undefined): void;
  opened(code: number, headers: OutgoingHttpHeaders): void;
  /** All is over. Idempotent. */
  complete(): void;
}

/** Whoever still works on an exchange whose time is over may stop. */
export class ExpiredError extends Error {
  override name = "ExpiredError";
}
