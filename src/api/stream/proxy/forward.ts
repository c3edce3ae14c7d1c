/** One request to a proxy's target, and its answer. */
import { type ClientRequest, request as httpRequest, type IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { pipeline } from "node:stream/promises";
import { connect as connectTls } from "node:tls";
import { gunzipSync } from "node:zlib";
import { StatusError } from "../../../machinery/status/error.ts";
import { serviceUnavailable } from "../../../machinery/status/errors.ts";
import type { Exchange } from "../../http/exchange.ts";
import { requestHeaders, responseHeaders } from "./headers.ts";
import type { ProxyPath } from "./path.ts";
import { type LinkContext, rewriteHtml, rewriteLink } from "./rewrite.ts";
import type { ProxyTarget } from "./types.ts";

/** Of a page whose links are rewritten, in bytes; longer ones go as they are. */
const longestPage = 4 << 20;

export async function forwardRequest(
  target: ProxyTarget,
  path: ProxyPath,
  exchange: Exchange,
  signal: AbortSignal,
): Promise<void> {
  const connection = await reach(target, signal);
  const answer = await ask(connection, target, path, exchange);
  const host = exchange.headers.host ?? exchange.headers[":authority"];
  const links: LinkContext = { prefix: path.prefix, hosts: [target.host, ...(host ? [String(host)] : [])] };
  const headers = responseHeaders(answer.headers);
  if (typeof headers.location === "string") headers.location = rewriteLink(headers.location, links);
  const code = answer.statusCode ?? 502;
  try {
    if (isPage(answer)) await respondPage(exchange, code, headers, answer, links);
    else await pipeline(answer, exchange.open(code, headers));
  } catch (error) {
    // The head is sent: cutting the answer off is the only way to say that something is missing.
    if (!exchange.gone) exchange.abort();
    if (error instanceof StatusError && !exchange.answered) throw error;
  } finally {
    connection.destroy();
  }
}

/** With TLS where the target speaks it: nobody vouches for the certificates of pods, and none is asked for. */
export async function reach(target: ProxyTarget, signal: AbortSignal): Promise<Duplex> {
  try {
    const plain = await target.connect(signal);
    if (target.scheme === "http") return plain;
    return await new Promise<Duplex>((resolve, reject) => {
      const secure = connectTls({ socket: plain, rejectUnauthorized: false }, () => resolve(secure));
      secure.once("error", reject);
    });
  } catch (error) {
    if (error instanceof StatusError) throw error;
    throw unreachable(error as Error);
  }
}

function ask(connection: Duplex, target: ProxyTarget, path: ProxyPath, exchange: Exchange): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const asked: ClientRequest = httpRequest({
      createConnection: () => connection,
      host: target.host,
      method: exchange.method,
      path: path.target,
      headers: requestHeaders(exchange.headers, path.asked),
      setHost: false,
    });
    asked.once("response", resolve);
    asked.once("error", (error) => reject(unreachable(error)));
    exchange.onClose(() => {
      asked.destroy();
      connection.destroy();
    });
    exchange.body.pipe(asked);
  });
}

export function unreachable(error: Error): StatusError {
  return serviceUnavailable(`error trying to reach service: ${error.message}`);
}

function isPage({ headers }: IncomingMessage): boolean {
  const encoding = headers["content-encoding"] ?? "identity";
  const size = Number(headers["content-length"] ?? 0);
  return (
    (headers["content-type"] ?? "").startsWith("text/html") &&
    (encoding === "identity" || encoding === "gzip") &&
    size <= longestPage
  );
}

async function respondPage(
  exchange: Exchange,
  code: number,
  headers: ReturnType<typeof responseHeaders>,
  answer: IncomingMessage,
  links: LinkContext,
): Promise<void> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size <= longestPage) continue;
    const rest = exchange.open(code, headers);
    for (const early of chunks) rest.write(early);
    await pipeline(answer, rest);
    return;
  }
  let bytes: Buffer = Buffer.concat(chunks);
  if (headers["content-encoding"] === "gzip" && bytes.length > 0) {
    bytes = gunzipSync(bytes, { maxOutputLength: 4 * longestPage });
    delete headers["content-encoding"];
  }
  // Byte by byte, so that whatever the page's character set is, it stays.
  exchange.respond(code, headers, Buffer.from(rewriteHtml(bytes.toString("latin1"), links), "latin1"));
}
