import type { IncomingHttpHeaders, OutgoingHttpHeaders } from "node:http";

/** Of one connection (RFC 9110, 7.6.1), not of the message. */
const hopByHop = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** What says to the API server who the client is: nobody else's business. */
const own = new Set(["authorization", "impersonate-user", "impersonate-group", "impersonate-uid"]);

/** The client's headers as the target gets them; `path` as the client has asked for it. */
export function requestHeaders(headers: IncomingHttpHeaders, path: string): OutgoingHttpHeaders {
  const kept: OutgoingHttpHeaders = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || name.startsWith(":") || name.startsWith("impersonate-extra-")) continue;
    if (!hopByHop.has(name) && !own.has(name)) kept[name] = value;
  }
  const host = headers.host ?? headers[":authority"];
  if (host) kept.host = String(host);
  return { ...kept, "x-forwarded-uri": path, "x-forwarded-host": String(host ?? ""), "x-forwarded-proto": "https" };
}

export function responseHeaders(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !hopByHop.has(name)));
}
