import { createHash } from "node:crypto";
import type { PathHandler } from "./handler.ts";
import { newHeaders } from "./response.ts";

/** GET / of who may: meta/v1 RootPaths, sorted. What is read by name alone (/debug/pprof) is not in it, as in kube-apiserver. */
export function indexPath(others: readonly PathHandler[]): PathHandler {
  return {
    open: false,
    handle(path, exchange) {
      if (path !== "/" && path !== "/index.html") return false;
      const paths = [...new Set(others.flatMap(({ listed }) => listed?.() ?? []))].sort();
      const text = JSON.stringify({ paths }, undefined, 2);
      const headers = newHeaders("application/json");
      const etag = `"${createHash("sha512").update(text).digest("hex").toUpperCase()}"`;
      headers.etag = etag;
      if (exchange.headers["if-none-match"] === etag) exchange.respond(304, headers);
      else exchange.respond(200, headers, text);
      return true;
    },
  };
}
