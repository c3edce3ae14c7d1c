import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { notAcceptable } from "../../machinery/status/errors.ts";
import type { Exchange } from "../http/exchange.ts";
import type { PathHandler } from "../http/handler.ts";
import { acceptsGzip } from "../http/list-response.ts";
import { type AnswerHeaders, newHeaders } from "../http/response.ts";
import { methodNotAllowed } from "../http/rest.ts";
import type { OpenApiDocuments } from "./documents.ts";

/** /openapi/v2, /openapi/v3 and the documents below it. */
export function openApiPaths(documents: OpenApiDocuments): PathHandler {
  return {
    open: false,
    listed: () => ["/openapi/v2", "/openapi/v3", "/openapi/v3/"],
    async handle(path, exchange, query) {
      const [root, form, kind, ...rest] = path.split("/").filter((part) => part !== "");
      if (root !== "openapi" || (form !== "v3" && form !== "v2")) return false;
      if (form === "v2" && kind !== undefined) return false;
      if (exchange.method !== "GET" && exchange.method !== "HEAD") throw methodNotAllowed();
      if (form === "v2") {
        await respondSwagger(exchange, documents);
        return true;
      }
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
      await respond(exchange, await document, query?.has("hash") === true);
      return true;
    },
  };
}

const protobufTypes = [
  "com.github.proto-openapi.spec.v2.v1.0+protobuf",
  "com.github.proto-openapi.spec.v2@v1.0+protobuf",
];

async function respondSwagger(exchange: Exchange, documents: OpenApiDocuments): Promise<void> {
  const form = swaggerForm(exchange.headers.accept);
  const headers = newHeaders(form === "json" ? "application/json" : `application/${protobufTypes[0]}`);
  headers.etag = documents.swaggerEtag;
  headers.vary = "Accept";
  if (exchange.headers["if-none-match"] === headers.etag) {
    exchange.respond(304, headers);
    return;
  }
  const { body } = await documents.swagger(form);
  await respondCompressed(exchange, headers, body);
}

/** The first that is served; throws 406. */
function swaggerForm(accept = ""): "json" | "protobuf" {
  if (accept.trim() === "") return "json";
  for (const clause of accept.split(",")) {
    const type = (clause.split(";")[0] ?? "").trim();
    if (type === "application/json" || type === "*/*" || type === "application/*") return "json";
    if (protobufTypes.some((one) => type === `application/${one}`)) return "protobuf";
  }
  throw notAcceptable(["application/json", `application/${protobufTypes[0]}`]);
}

/** In one piece; gzip where the client takes it, outside the event loop. */
async function respondCompressed(exchange: Exchange, headers: AnswerHeaders, body: Buffer): Promise<void> {
  if (!acceptsGzip(exchange)) {
    exchange.respond(200, headers, body);
    return;
  }
  headers["content-encoding"] = "gzip";
  headers.vary = "Accept, Accept-Encoding";
  exchange.respond(200, headers, await promisify(gzip)(body, { level: 1 }));
}

/** Under an address with its hash the document never changes. */
async function respond(
  exchange: Exchange,
  { body, etag }: { readonly body: Buffer; readonly etag: string },
  hashed: boolean,
): Promise<void> {
  const headers = newHeaders("application/json");
  headers.etag = etag;
  headers.vary = "Accept";
  headers["cache-control"] = hashed ? "public, immutable" : "no-cache, private";
  if (exchange.headers["if-none-match"] === etag) exchange.respond(304, headers);
  else await respondCompressed(exchange, headers, body);
}
