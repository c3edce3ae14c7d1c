/** The few requests that an agent makes before it has a link, and to renew its certificate: JSON over HTTPS. */
import { type RequestOptions, request } from "node:https";
import type { NodeCertificate } from "../link/types.ts";
import { JoinError } from "./join-error.ts";

/** How a request shows who it is from; neither: nobody in particular. */
export interface Credentials {
  readonly bearer?: string;
  readonly certificate?: NodeCertificate;
}

export interface ServerApiOptions {
  /** "https://10.0.0.1:6443" */
  readonly url: string;
  /** PEM of the only CA whose word is taken; undefined: whoever answers is spoken to, and nothing may be told to him. */
  readonly ca: string | undefined;
  readonly credentials: Credentials;
}

export interface ApiAnswer {
  readonly code: number;
  readonly text: string;
}

/** The server said no. `code` as in HTTP; the message is its own. */
export class RefusedError extends Error {
  override name = "RefusedError";
  readonly code: number;
  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

const requestTimeout = 15_000;

export class ServerApi {
  readonly #options: ServerApiOptions;

  constructor(options: ServerApiOptions) {
    this.#options = options;
  }

  /** Throws RefusedError for an answer of 400 and more, JoinError where there is no answer. */
  async json<T>(method: "GET" | "POST", path: string, body?: object): Promise<T> {
    const { code, text } = await this.send(method, path, body);
    if (code >= 400) throw new RefusedError(code, messageOf(text));
    return JSON.parse(text) as T;
  }

  send(method: "GET" | "POST", path: string, body?: object): Promise<ApiAnswer> {
    const { url, ca, credentials } = this.#options;
    const bytes = body === undefined ? undefined : JSON.stringify(body);
    const options: RequestOptions = {
      method,
      // Of its own: what one request was allowed must not carry another.
      agent: false,
      timeout: requestTimeout,
      ...(ca === undefined ? { rejectUnauthorized: false } : { ca }),
      ...credentials.certificate,
      headers: {
        accept: "application/json",
        "user-agent": "kl-agent",
        ...(credentials.bearer === undefined ? {} : { authorization: `Bearer ${credentials.bearer}` }),
        ...(bytes === undefined
          ? {}
          : { "content-type": "application/json", "content-length": Buffer.byteLength(bytes) }),
      },
    };
    return new Promise((resolve, reject) => {
      const outgoing = request(new URL(path, url), options, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", (error) => reject(connectionError(url, error)));
        response.on("end", () =>
          resolve({ code: response.statusCode ?? 0, text: Buffer.concat(chunks).toString("utf8") }),
        );
      });
      outgoing.on("timeout", () => outgoing.destroy(Object.assign(new Error("no answer"), { code: "ETIMEDOUT" })));
      outgoing.on("error", (error) => reject(connectionError(url, error)));
      outgoing.end(bytes);
    });
  }
}

function messageOf(text: string): string {
  try {
    const { message } = JSON.parse(text) as { readonly message?: unknown };
    if (typeof message === "string") return message.split("\n")[0] ?? "";
  } catch {
    // No Status: the text is all there is.
  }
  return text.trim().split("\n")[0]?.slice(0, 200) ?? "";
}

function connectionError(url: string, error: NodeJS.ErrnoException): JoinError {
  const { hostname, host } = new URL(url);
  const says = (why: string): JoinError => new JoinError(`cannot reach ${url}: ${why}`, { cause: error });
  switch (error.code) {
    case "ECONNREFUSED":
      return says(
        "the connection was refused; is kl server running there, and started with --bind-address 0.0.0.0, since it listens on 127.0.0.1 only by default?",
      );
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return says(`the name ${hostname} is not known here; use an address`);
    case "ETIMEDOUT":
    case "EHOSTUNREACH":
    case "ENETUNREACH":
      return says(
        `no answer (${error.code}); is the address right, and does a firewall let port ${portOf(url)} through?`,
      );
    case "ECONNRESET":
    case "EPROTO":
    case "HPE_INVALID_CONSTANT":
      return says(`what answers there does not speak HTTPS; is the port right?`);
    case "ERR_TLS_CERT_ALTNAME_INVALID":
      return says(
        `the server's certificate is not for ${hostname}; join by another of its names, or start the server with --tls-san ${hostname}`,
      );
    case "CERT_NOT_YET_VALID":
    case "CERT_HAS_EXPIRED":
      return says(
        `the server's certificate is not valid at ${new Date().toISOString()}, which this host's clock says; set the clocks of both hosts`,
      );
    case "UNABLE_TO_VERIFY_LEAF_SIGNATURE":
    case "SELF_SIGNED_CERT_IN_CHAIN":
    case "DEPTH_ZERO_SELF_SIGNED_CERT":
    case "UNABLE_TO_GET_ISSUER_CERT_LOCALLY":
    case "CERT_SIGNATURE_FAILURE":
      return says(
        `${host} has a certificate of another CA than its cluster's; something stands between this host and the server`,
      );
    default:
      return says(`${error.code ?? error.message}`);
  }
}

function portOf(url: string): string {
  return new URL(url).port || "443";
}
