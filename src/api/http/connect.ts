/**
 * Subresources that are not objects but conversations: pods/log, exec, attach, portforward. The API server does what it
 * does for every request (authentication, authorization, whether the resource exists) and then hands the request over.
 */
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { Client, UserInfo } from "../client/types.ts";
import type { Exchange } from "./exchange.ts";

export interface ConnectRequest {
  readonly user: UserInfo;
  /** "" for what is cluster-scoped. */
  readonly namespace: string;
  readonly name: string;
  /** "log", "exec", … */
  readonly subresource: string;
  /** What follows after the subresource, without a leading slash: for proxies. */
  readonly rest: string;
  readonly query: URLSearchParams;
  /** Aborts when the client goes away and when the server closes. Whoever holds the conversation ends it then. */
  readonly signal: AbortSignal;
  /** The pipeline under the caller's own identity. */
  readonly client: Client;
}

/** An HTTP/1.1 upgrade after which the socket is the handler's own, nothing answered yet. */
export interface UpgradeRequest {
  readonly message: IncomingMessage;
  readonly socket: Duplex;
  /** What came on the socket after the request's head. */
  readonly head: Buffer;
}

/**
 * Registered by "plural/subresource" ("pods/exec") in ApiServer's handlers. A StatusError that is thrown before anything
 * was answered becomes the answer; after that the handler ends its stream by itself. Authorization asked for the verb
 * "get" for GET and "create" for POST, with upgrades as what they are, as kube-apiserver does.
 */
export interface ConnectHandler {
  /** A plain request (also over HTTP/2): answers with exchange.respond() or exchange.open(). Absent: 400, upgrade required. */
  request?(request: ConnectRequest, exchange: Exchange): Promise<void>;
  /** A request to upgrade (WebSocket, SPDY/3.1). Resolves when the conversation is over. Absent: 400. */
  upgrade?(request: ConnectRequest, upgrade: UpgradeRequest): Promise<void>;
}

export type ConnectHandlers = Readonly<Record<string, ConnectHandler>>;
