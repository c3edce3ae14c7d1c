import type { PathHandler } from "./handler.ts";
import { respondText } from "./response.ts";

/**
 * GET /cacerts: the PEM of the CA behind the server's certificate, for those who do not know it yet and have a hash of it
 * (a join token). Open to everybody, since it is in every TLS handshake of a client that has it.
 */
export function authorityPath(certificate: () => string | undefined): PathHandler {
  return {
    open: true,
    handle(path, exchange) {
      const pem = path === "/cacerts" && exchange.method === "GET" ? certificate() : undefined;
      if (pem === undefined) return false;
      respondText(exchange, 200, pem);
      return true;
    },
  };
}
