import type { Exchange } from "../http/exchange.ts";
import type { PathHandler } from "../http/handler.ts";
import { newHeaders } from "../http/response.ts";
import { methodNotAllowed } from "../http/rest.ts";
import type { OpenApiDocuments } from "./documents.ts";

/** /openapi/v3 and the documents below it. */
export function openApiPaths(documents: OpenApiDocuments): PathHandler {
  return {
    open: false,
    async handle(path, exchange, query) {
      const [root, form, kind, ...rest] = path.split("/").filter((part) => part !== "");
      if (root !== "openapi" || form !== "v3") return false;
      if (exchange.method !== "GET" && exchange.method !== "HEAD") throw methodNotAllowed();
      if (kind === undefined) {
        exchange.respond(200, newHeaders("application/json"), JSON.stringify(documents.index()));
        return true;
      }
      const [first = "", second = ""] = rest;
      const document =
        kind === "api" && rest.length === 1
          ? documents.document("", first)
          : kind === "apis" && rest.length === 2
            ? documents.document(first, second)
            : undefined;
      if (document === undefined) return false;
      respond(exchange, await document, query?.has("hash") === true);
      return true;
    },
  };
}

/** Under an address with its hash the document never changes. */
function respond(
  exchange: Exchange,
  { text, etag }: { readonly text: string; readonly etag: string },
  hashed: boolean,
): void {
  const headers = newHeaders("application/json");
  headers.etag = etag;
  headers.vary = "Accept";
  headers["cache-control"] = hashed ? "public, immutable" : "no-cache, private";
  if (exchange.headers["if-none-match"] === etag) exchange.respond(304, headers);
  else exchange.respond(200, headers, text);
}
