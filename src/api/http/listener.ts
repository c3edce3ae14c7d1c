import type { IncomingMessage, Server, ServerResponse } from "node:http";
import {
  createSecureServer,
  type Http2SecureServer,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import type { Logger } from "../../machinery/logger.ts";
import type { ServingCertificate } from "../types.ts";
import { closeGrace, http1Limits } from "./connection-limits.ts";
import type { Exchange } from "./exchange.ts";
import { Http1Exchange } from "./http1-exchange.ts";
import { Http2Exchange } from "./http2-exchange.ts";

export interface ListenerOptions {
  readonly host: string;
  readonly port: number;
  readonly certificate: ServingCertificate;
  /** PEM; certificates of front proxies come from another authority than those of clients. */
  readonly proxyCa: string | undefined;
  readonly handle: (exchange: Exchange) => void;
  readonly upgrade: (message: IncomingMessage, socket: Duplex, head: Buffer) => void;
  readonly log: Logger;
  /** Connections that ask for these names (SNI) speak another protocol: they are handed over when their handshake is done. */
  readonly otherNames?: ReadonlyMap<string, (socket: TLSSocket) => void>;
}

const handshakeTimeout = 10_000;
/** An HTTP/2 session on which nothing was asked for so long, with no stream open, is closed. */
const idleTimeout = 300_000;

/** HTTPS with HTTP/2 and HTTP/1.1 on one port; client certificates are asked for and judged later. */
export class Listener {
  readonly #server: Http2SecureServer;
  readonly #sessions = new Set<ServerHttp2Session>();
  readonly #sockets = new Set<TLSSocket>();
  readonly #log: Logger;
  readonly #proxyCa: string | undefined;
  #closing = false;

  private constructor({ certificate, proxyCa, handle, upgrade, log, otherNames }: ListenerOptions) {
    this.#log = log;
    this.#proxyCa = proxyCa;
    this.#server = createSecureServer({
      ...secureOptions(certificate, proxyCa),
      allowHTTP1: true,
      requestCert: true,
      rejectUnauthorized: false,
      handshakeTimeout,
      ...http1Limits,
      maxHeaderListPairs: 128,
      maxSessionMemory: 64,
      settings: { maxConcurrentStreams: 1000, initialWindowSize: 1024 * 1024, maxHeaderListSize: 64 * 1024 },
    } as Parameters<typeof createSecureServer>[0]);
    const server = this.#server;
    // A "request" listener makes Node wrap HTTP/2 streams in its compatibility layer, through this hook; the wrapping is
    // left out, since "stream" below takes those. Should Node drop the hook, the version check keeps each in its lane.
    server.removeAllListeners("newListener");
    server.on("request", (request, response) => {
      if (request.httpVersionMajor >= 2) return;
      handle(new Http1Exchange(request as unknown as IncomingMessage, response as unknown as ServerResponse));
    });
    server.on("stream", (stream: ServerHttp2Stream, headers) => {
      const { session } = stream;
      if (session) handle(new Http2Exchange(stream, headers, this.#socketOf(session as ServerHttp2Session)));
    });
    server.on("upgrade", (message: IncomingMessage, socket: Duplex, head: Buffer) => upgrade(message, socket, head));
    server.on("session", (session) => this.#session(session));
    const speakHttp = server.listeners("secureConnection") as ((this: unknown, socket: TLSSocket) => void)[];
    server.removeAllListeners("secureConnection");
    server.on("secureConnection", (socket: TLSSocket) => {
      this.#connection(socket);
      const other = typeof socket.servername === "string" ? otherNames?.get(socket.servername) : undefined;
      if (other) other(socket);
      else for (const listener of speakHttp) listener.call(server, socket);
    });
    server.on("tlsClientError", (error) => log.debug({ err: error }, "TLS handshake failed"));
    server.on("clientError", (error: NodeJS.ErrnoException, socket: Duplex) => refuse(error, socket));
    server.on("sessionError", (error) => log.debug({ err: error }, "HTTP/2 session failed"));
  }

  static async listen(options: ListenerOptions): Promise<Listener> {
    const listener = new Listener(options);
    await new Promise<void>((resolve, reject) => {
      listener.#server.once("error", reject);
      listener.#server.listen({ host: options.host, port: options.port, backlog: 1024 }, () => {
        listener.#server.off("error", reject);
        resolve();
      });
    });
    return listener;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  setCertificate(certificate: ServingCertificate): void {
    this.#server.setSecureContext(secureOptions(certificate, this.#proxyCa));
  }

  /** No new connections; running requests are let finish for a moment, then everything is closed. */
  async close(): Promise<void> {
    this.#closing = true;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const session of this.#sessions) session.close();
    (this.#server as unknown as Server).closeIdleConnections?.();
    const force = setTimeout(() => {
      this.#log.debug({ connections: this.#sockets.size }, "closing connections that did not end");
      for (const session of this.#sessions) session.destroy();
      for (const socket of this.#sockets) socket.destroy();
    }, closeGrace);
    await closed;
    // The server is closed before the last of its connections says so, and with it the exchanges that were on it.
    await Promise.all([...this.#sockets].map((socket) => new Promise((resolve) => socket.once("close", resolve))));
    clearTimeout(force);
  }

  #connection(socket: TLSSocket): void {
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 30_000);
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
    socket.on("error", (error) => this.#log.debug({ err: error }, "connection failed"));
  }

  readonly #bySession = new WeakMap<ServerHttp2Session, TLSSocket>();

  #socketOf(session: ServerHttp2Session): TLSSocket {
    let socket = this.#bySession.get(session);
    if (socket === undefined) {
      socket = session.socket as TLSSocket;
      this.#bySession.set(session, socket);
    }
    return socket;
  }

  #session(session: ServerHttp2Session): void {
    if (this.#closing) session.close();
    this.#sessions.add(session);
    session.once("close", () => this.#sessions.delete(session));
    session.on("error", (error) => this.#log.debug({ err: error }, "HTTP/2 session failed"));
    let streams = 0;
    session.on("stream", (stream: ServerHttp2Stream) => {
      streams++;
      stream.once("close", () => streams--);
    });
    session.setTimeout(idleTimeout, () => {
      if (streams === 0) session.close();
    });
  }
}

function secureOptions({ key, cert, clientCa }: ServingCertificate, proxyCa: string | undefined): object {
  return { key, cert, ca: proxyCa === undefined ? clientCa : [clientCa, proxyCa], minVersion: "TLSv1.2" };
}

/** What is no HTTP gets the answer that fits, as far as that can be told, and the connection ends. */
function refuse(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const line =
    error.code === "HPE_HEADER_OVERFLOW"
      ? "431 Request Header Fields Too Large"
      : error.code === "ERR_HTTP_REQUEST_TIMEOUT"
        ? "408 Request Timeout"
        : "400 Bad Request";
  socket.end(`HTTP/1.1 ${line}\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n${line}`);
}
