import type { PathHandler } from "../../http/handler.ts";
import { issuer, type TokenSigner } from "./token-signer.ts";

const configuration = "/.well-known/openid-configuration";
const keys = "/openid/v1/jwks";

/** OpenID Connect discovery, as kube-apiserver's ServiceAccountIssuerDiscovery. `address`: "host:port" of this server. */
export function issuerDiscovery(signer: TokenSigner, address: () => string): PathHandler {
  return {
    open: false,
    listed: () => [configuration, keys],
    handle(path, exchange) {
      if (path === keys) {
        exchange.respond(200, { "content-type": "application/jwk-set+json" }, JSON.stringify(signer.keySet()));
        return true;
      }
      if (path !== configuration) return false;
      const document = {
        issuer,
        jwks_uri: `https://${address()}${keys}`,
        response_types_supported: ["id_token"],
        subject_types_supported: ["public"],
        id_token_signing_alg_values_supported: ["ES256"],
      };
      exchange.respond(200, { "content-type": "application/json" }, JSON.stringify(document));
      return true;
    },
  };
}
