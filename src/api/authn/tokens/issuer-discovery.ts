import type { PathHandler } from "../../http/handler.ts";
import { issuer, type TokenSigner } from "./token-signer.ts";

/** OpenID Connect discovery, as kube-apiserver's ServiceAccountIssuerDiscovery. `address`: "host:port" of this server. */
export function issuerDiscovery(signer: TokenSigner, address: () => string): PathHandler {
  return {
    open: false,
    handle(path, exchange) {
      if (path === "/openid/v1/jwks") {
        exchange.respond(200, { "content-type": "application/jwk-set+json" }, JSON.stringify(signer.keySet()));
        return true;
      }
      if (path !== "/.well-known/openid-configuration") return false;
      const document = {
        issuer,
        jwks_uri: `https://${address()}/openid/v1/jwks`,
        response_types_supported: ["id_token"],
        subject_types_supported: ["public"],
        id_token_signing_alg_values_supported: ["ES256"],
      };
      exchange.respond(200, { "content-type": "application/json" }, JSON.stringify(document));
      return true;
    },
  };
}
