import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { goQuote } from "../../machinery/status/go-format.ts";
import type { HTTPGetAction } from "../../machinery/types/core/v1.ts";
import { dialError } from "./dial-error.ts";
import { type Attempt, type AttemptContext, hostPort, outputLimit } from "./handler.ts";

const maxRedirects = 10;

/**
 * 200 to 399 is success. Redirects within the host are followed; one to another host ends the probe as a success, since
 * whoever answers there is not this container. Certificates are not verified.
 */
export async function httpAttempt(action: HTTPGetAction, port: number, context: AttemptContext): Promise<Attempt> {
  const first = urlOf(action, port, context.target.podIp);
  const headers = headersOf(action);
  const abort = new AbortController();
  const cancel = context.clock.after(context.timeoutSeconds * 1000, () => abort.abort(timeout));
  const aborted = (): void => abort.abort(context.signal.reason);
  context.signal.addEventListener("abort", aborted);
  try {
    let url = first;
    for (let redirects = 0; ; redirects++) {
      const response = await get(url, headers, abort.signal);
      const next = redirectOf(response, url);
      if (!next || next.hostname !== first.hostname) return await judge(response, abort.signal);
      response.destroy();
      if (redirects + 1 >= maxRedirects) {
        return { outcome: "failure", output: `Get ${goQuote(next.href)}: stopped after ${maxRedirects} redirects` };
      }
      url = next;
    }
  } catch (error) {
    if (context.signal.aborted) throw error;
    const why = abort.signal.aborted
      ? "context deadline exceeded (Client.Timeout exceeded while awaiting headers)"
      : requestError(error as NodeJS.ErrnoException, first);
    return { outcome: "failure", output: `Get ${goQuote(first.href)}: ${why}` };
  } finally {
    cancel();
    context.signal.removeEventListener("abort", aborted);
  }
}

const timeout = new Error("timeout");

function urlOf({ host, path, scheme }: HTTPGetAction, port: number, podIp: string): URL {
  const base = `${(scheme || "HTTP").toLowerCase()}://${hostPort(host || podIp, port)}`;
  const rest = path ?? "/";
  return new URL(rest === "" || rest.startsWith("/") ? `${base}${rest}` : `${base}/${rest}`);
}

function headersOf({ httpHeaders = [] }: HTTPGetAction): Record<string, string[]> {
  const headers: Record<string, string[]> = {};
  for (const { name, value } of httpHeaders) {
    const key = name.toLowerCase();
    headers[key] = [...(headers[key] ?? []), value];
  }
  headers["user-agent"] ??= ["kube-probe/1.36"];
  headers.accept ??= ["*/*"];
  // An empty Accept is how a probe asks for none at all.
  if (headers.accept[0] === "") delete headers.accept;
  return headers;
}

function get(url: URL, headers: Record<string, string[]>, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const { host, ...rest } = headers;
    const options = {
      agent: false,
      headers: { ...rest, ...(host?.[0] ? { host: host[0] } : {}), connection: "close" },
      rejectUnauthorized: false,
      signal,
    } as const;
    const request = url.protocol === "https:" ? httpsRequest(url, options) : httpRequest(url, options);
    request.once("response", resolve);
    request.once("error", reject);
    request.end();
  });
}

function redirectOf({ headers, statusCode = 0 }: IncomingMessage, from: URL): URL | undefined {
  if (![301, 302, 303, 307, 308].includes(statusCode) || !headers.location) return undefined;
  return new URL(headers.location, from);
}

async function judge(response: IncomingMessage, signal: AbortSignal): Promise<Attempt> {
  const { statusCode = 0 } = response;
  if (statusCode < 200 || statusCode >= 400) {
    response.destroy();
    return { outcome: "failure", output: `HTTP probe failed with statuscode: ${statusCode}` };
  }
  const body = await bodyOf(response, signal);
  return statusCode < 300
    ? { outcome: "success", output: body }
    : { outcome: "success", output: `Probe terminated redirects, Response body: ${body}` };
}

async function bodyOf(response: IncomingMessage, signal: AbortSignal): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    if (signal.aborted) break;
    chunks.push(chunk);
    length += chunk.length;
    if (length >= outputLimit) break;
  }
  response.destroy();
  return Buffer.concat(chunks).subarray(0, outputLimit).toString();
}

function requestError(error: NodeJS.ErrnoException, url: URL): string {
  const port = Number(url.port) || (url.protocol === "https:" ? 443 : 80);
  if (error.code === "EPROTO") return "http: server gave HTTP response to HTTPS client";
  if (error.code === "ECONNRESET" && error.message === "socket hang up") return "EOF";
  return dialError(error, hostPort(url.hostname.replace(/^\[|\]$/g, ""), port));
}
