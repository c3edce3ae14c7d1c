import { encodeObject } from "../../machinery/protobuf/envelope.ts";
import type { StatusError } from "../../machinery/status/error.ts";
import type { Exchange } from "./exchange.ts";
import { type Accepted, errorFormat } from "./negotiation.ts";
import { toYaml } from "./yaml.ts";

/** Lower-case names; Node's own type does not let a warning be a list. */
export type AnswerHeaders = Record<string, string | number | string[]>;

/** Texts for Warning headers, as RFC 7234 has them: code 299, the agent "-", the text quoted. */
function warningHeaders(headers: AnswerHeaders, warnings: readonly string[]): AnswerHeaders {
  if (warnings.length === 0) return headers;
  const unique = [...new Set(warnings)].slice(0, 100);
  headers.warning = unique.map((text) => `299 - "${printable(text).replace(/["\\]/g, "\\$&")}"`);
  return headers;
}

/** A header holds neither control characters nor what is beyond Latin-1. */
function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, "?").slice(0, 4096);
}

export function newHeaders(contentType: string, warnings: readonly string[] = []): AnswerHeaders {
  return warningHeaders({ "cache-control": "no-cache, private", "content-type": contentType }, warnings);
}

/** Bytes that are JSON already. */
export function respondJson(
  exchange: Exchange,
  code: number,
  bytes: Uint8Array | string,
  warnings: readonly string[] = [],
): void {
  exchange.respond(code, newHeaders("application/json", warnings), bytes);
}

export const protobufType = "application/vnd.kubernetes.protobuf";

export function respondProtobuf(
  exchange: Exchange,
  code: number,
  bytes: Uint8Array,
  warnings: readonly string[] = [],
): void {
  exchange.respond(code, newHeaders(protobufType, warnings), bytes);
}

/** An object in the form that the client accepts. */
export async function respondObject(
  exchange: Exchange,
  code: number,
  accepted: Accepted,
  object: object,
  warnings: readonly string[] = [],
): Promise<void> {
  if (accepted.format === "protobuf") respondProtobuf(exchange, code, encodeObject(object), warnings);
  else if (accepted.format === "yaml") {
    exchange.respond(code, newHeaders("application/yaml", warnings), await toYaml(object));
  } else respondJson(exchange, code, JSON.stringify(object, undefined, accepted.pretty ? 2 : undefined), warnings);
}

export function respondError(exchange: Exchange, error: StatusError): void {
  const isProtobuf = errorFormat(exchange.headers.accept) === "protobuf";
  const headers = newHeaders(isProtobuf ? protobufType : "application/json");
  if (error.retryAfterSeconds !== undefined) headers["retry-after"] = error.retryAfterSeconds;
  if (error.code === 401) headers["www-authenticate"] = "Bearer";
  exchange.respond(error.code, headers, isProtobuf ? encodeObject(error.status) : `${JSON.stringify(error.status)}\n`);
}

export function respondText(exchange: Exchange, code: number, text: string): void {
  exchange.respond(code, { "content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff" }, text);
}

/** As kube-apiserver's flow control has it: no Status object. */
export function respondTooManyRequests(exchange: Exchange): void {
  const headers = {
    "content-type": "text/plain; charset=utf-8",
    "retry-after": "1",
    "x-content-type-options": "nosniff",
  };
  exchange.respond(429, headers, "Too many requests, please try again later.\n");
}
