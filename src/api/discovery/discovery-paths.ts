import { notAcceptable } from "../../machinery/status/errors.ts";
import type { Exchange } from "../http/exchange.ts";
import type { PathHandler } from "../http/handler.ts";
import { negotiate } from "../http/negotiation.ts";
import { newHeaders, respondObject } from "../http/response.ts";
import { methodNotAllowed } from "../http/rest.ts";
import type { Discovery } from "./discovery.ts";

const aggregatedType = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

/** /api, /apis and what is below them as far as it names no resource. */
export function discoveryPaths(discovery: Discovery): PathHandler {
  return {
    open: false,
    listed: () => discovery.paths(),
    async handle(path, exchange) {
      const parts = path.split("/").filter((part) => part !== "");
      const [root, first, second, more] = parts;
      if ((root !== "api" && root !== "apis") || more !== undefined) return false;
      if (root === "api" && second !== undefined) return false;
      if (exchange.method !== "GET" && exchange.method !== "HEAD") throw methodNotAllowed();
      if (first === undefined && wantsAggregated(exchange)) {
        respondAggregated(exchange, discovery.aggregated(root));
        return true;
      }
      const document = documentOf(discovery, root, first, second);
      if (document === undefined) return false;
      await respondObject(exchange, 200, plainly(exchange), document);
      return true;
    },
  };
}

function documentOf(discovery: Discovery, root: "api" | "apis", first?: string, second?: string): object | undefined {
  if (root === "api") return first === undefined ? discovery.coreVersions() : discovery.version("", first);
  if (first === undefined) return discovery.groupList();
  return second === undefined ? discovery.group(first) : discovery.version(first, second);
}

/** The first clause decides, as in Accept: …;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,…,application/json */
function wantsAggregated({ headers: { accept = "" } }: Exchange): boolean {
  for (const clause of accept.split(",")) {
    const text = clause.replaceAll(" ", "");
    if (text === "application/json" || text === "*/*") return false;
    if (text.startsWith("application/json;") && /;v=v2(;|$)/.test(text) && text.includes("as=APIGroupDiscoveryList")) {
      return true;
    }
  }
  return false;
}

function plainly({ headers: { accept } }: Exchange) {
  const accepted = negotiate(accept);
  if (accepted.as !== "object") throw notAcceptable(["application/json", "application/yaml"]);
  return accepted;
}

function respondAggregated(exchange: Exchange, { text, etag }: { readonly text: string; readonly etag: string }): void {
  const headers = newHeaders(aggregatedType);
  headers.etag = etag;
  headers.vary = "Accept";
  headers["cache-control"] = "public";
  if (exchange.headers["if-none-match"] === etag) exchange.respond(304, headers);
  else exchange.respond(200, headers, text);
}
