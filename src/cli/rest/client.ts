/** HTTP towards one API server, over one kept-alive connection where that is enough. */
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import type { AgentOptions } from "node:https";
import { StatusError } from "../../machinery/status/error.ts";
import type { Status } from "../../machinery/types/meta/v1.ts";
import { ExitError } from "../exit-error.ts";
import type { Connection } from "../kubeconfig/types.ts";

export interface RestRequest {
  readonly method?: string;
  /** "/api/v1/namespaces/default/pods" */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly accept?: string;
  readonly contentType?: string;
  readonly body?: string;
  readonly signal?: AbortSignal;
  /** A path as the user typed it: errors then name no resource. */
  readonly raw?: boolean;
}

interface Transport {
  readonly request: typeof httpRequest;
  readonly agent: HttpAgent;
  /** Of the kl on this machine. */
  readonly socketPath?: string;
}

/** Of a socket: no server, or not for us. The server's address is then tried. */
const unreachable: ReadonlySet<string> = new Set(["ENOENT", "ECONNREFUSED", "EACCES", "EPERM", "ENOTSOCK"]);

export class RestClient {
  readonly connection: Connection;
  /** Called with the text of each Warning header, once per text. */
  onWarning: (text: string) => void = () => undefined;
  #transport: Transport | undefined;
  #socketFailed = false;
  readonly #warned = new Set<string>();

  constructor(connection: Connection) {
    this.connection = connection;
  }

  /** How the server is known and how the client shows who it is; of use to clients of other protocols (WebSocket) too. */
  get tls(): AgentOptions {
    const { ca, clientCertificate, clientKey, serverName, skipVerify } = this.connection;
    return {
      ...(ca ? { ca } : {}),
      ...(clientCertificate ? { cert: clientCertificate } : {}),
      ...(clientKey ? { key: clientKey } : {}),
      ...(serverName ? { servername: serverName } : {}),
      rejectUnauthorized: !skipVerify,
    };
  }

  get headers(): Record<string, string | string[]> {
    return {
      "user-agent": "kl",
      ...(this.connection.token ? { authorization: `Bearer ${this.connection.token}` } : {}),
      ...this.connection.headers,
    };
  }

  url(path: string, query: RestRequest["query"] = {}): URL {
    const url = new URL(`${this.connection.server}${path}`);
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined && value !== "") url.searchParams.append(name, String(value));
    }
    return url;
  }

  /** Resolves with the open response, whatever its code is below 400; throws StatusError above. */
  async open(options: RestRequest): Promise<IncomingMessage> {
    const response = await this.#send(options);
    this.#collectWarnings(response);
    if ((response.statusCode ?? 500) < 400) return response;
    throw toStatusError(response.statusCode ?? 500, await readAll(response), options);
  }

  async text(options: RestRequest): Promise<string> {
    return readAll(await this.open(options));
  }

  async json<T>(options: RestRequest): Promise<T> {
    return JSON.parse(await this.text({ accept: "application/json", ...options })) as T;
  }

  close(): void {
    this.#transport?.agent.destroy();
  }

  async #send(options: RestRequest): Promise<IncomingMessage> {
    const url = this.url(options.path, options.query);
    const signal = this.#limit(options.signal);
    this.#transport ??= await this.#choose(url);
    try {
      return await this.#exchange(this.#transport, url, options, signal);
    } catch (error) {
      const { code = "" } = error as NodeJS.ErrnoException;
      if (this.#transport.socketPath !== undefined && unreachable.has(code)) {
        this.#socketFailed = true;
        this.#transport = undefined;
        return this.#send(options);
      }
      throw options.signal?.aborted ? error : connectionError(error as NodeJS.ErrnoException, url);
    }
  }

  async #choose(url: URL): Promise<Transport> {
    const { socket: socketPath } = this.connection;
    if (socketPath !== undefined && !this.#socketFailed) {
      return { request: httpRequest, agent: new HttpAgent({ keepAlive: true }), socketPath };
    }
    if (url.protocol === "http:") return { request: httpRequest, agent: new HttpAgent({ keepAlive: true }) };
    const { Agent, request } = await import("./tls.ts");
    // No TLS sessions are kept: one connection serves a command, and writing a session down costs a millisecond.
    return { request, agent: new Agent({ keepAlive: true, maxCachedSessions: 0, ...this.tls }) };
  }

  #exchange(
    { request, ...way }: Transport,
    url: URL,
    options: RestRequest,
    signal: AbortSignal | undefined,
  ): Promise<IncomingMessage> {
    const { body } = options;
    return new Promise((resolve, reject) => {
      const outgoing = request(
        {
          ...(way.socketPath === undefined ? { host: hostOf(url), port: url.port } : {}),
          ...way,
          path: `${url.pathname}${url.search}`,
          method: options.method ?? "GET",
          headers: {
            ...this.headers,
            host: url.host,
            accept: options.accept ?? "application/json",
            ...(body === undefined
              ? {}
              : {
                  "content-type": options.contentType ?? "application/json",
                  "content-length": Buffer.byteLength(body),
                }),
          },
          ...(signal ? { signal } : {}),
        },
        resolve,
      );
      outgoing.on("error", reject);
      outgoing.end(body);
    });
  }

  /** Ends a request after --request-timeout as well. */
  #limit(signal: AbortSignal | undefined): AbortSignal | undefined {
    const { timeout } = this.connection;
    if (timeout === undefined) return signal;
    const limit = AbortSignal.timeout(timeout);
    return signal ? AbortSignal.any([signal, limit]) : limit;
  }

  /** RFC 7234: `299 - "text"`, several in one header. */
  #collectWarnings(response: IncomingMessage): void {
    const header = response.headers.warning;
    if (!header) return;
    for (const match of header.matchAll(/299 \S+ "((?:[^"\\]|\\.)*)"/g)) {
      const text = (match[1] ?? "").replace(/\\(.)/g, "$1");
      if (this.#warned.has(text)) continue;
      this.#warned.add(text);
      this.onWarning(text);
    }
  }
}

/** Node wants IPv6 addresses without the brackets of a URL. */
function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, "$1");
}

async function readAll(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

/** What kubectl says where the answer is no Status: that of a proxy, or of a path that nothing serves. */
const plainErrors: Readonly<Record<number, readonly [reason: string, message: string]>> = {
  400: ["BadRequest", "the server rejected our request for an unknown reason"],
  401: ["Unauthorized", "the server has asked for the client to provide credentials"],
  404: ["NotFound", "the server could not find the requested resource"],
  405: ["MethodNotAllowed", "the server does not allow this method on the requested resource"],
  409: ["Conflict", "the server reported a conflict"],
  503: ["ServiceUnavailable", "the server is currently unable to handle the request"],
  504: [
    "Timeout",
    "the server was unable to return a response in the time allotted, but may still be processing the request",
  ],
};

function toStatusError(code: number, body: string, { method = "GET", path, raw }: RestRequest): StatusError {
  try {
    const status = JSON.parse(body) as Status;
    if (status.kind === "Status") return new StatusError(status);
  } catch {
    // Not a Status: told below.
  }
  const [reason, text] = plainErrors[code] ?? ["", body.trim() || `the server answered ${code}`];
  const [, plural, name] =
    /^\/(?:api|apis\/[^/]+)\/[^/]+\/(?:namespaces\/[^/]+\/)?([a-z]+)(?:\/([^/]+))?/.exec(path) ?? [];
  const about =
    raw || !plural ? "" : ` (${method.toLowerCase()} ${plural}${name ? ` ${decodeURIComponent(name)}` : ""})`;
  return new StatusError({ metadata: {}, status: "Failure", code, reason, message: `${text}${about}` });
}

function connectionError(error: NodeJS.ErrnoException, url: URL): Error {
  if (error.code === "ECONNREFUSED") {
    return new ExitError(
      1,
      `The connection to the server ${url.host} was refused - did you specify the right host or port?`,
    );
  }
  if (error.name === "AbortError" || error.name === "TimeoutError") {
    return new ExitError(1, `Unable to connect to the server: net/http: request canceled (--request-timeout exceeded)`);
  }
  return new ExitError(1, `Unable to connect to the server: ${error.message}`);
}
