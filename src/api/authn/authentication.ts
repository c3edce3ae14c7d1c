/** Who is asked who sends a request, in kube-apiserver's order: front proxy, certificate, the sorts of tokens, nobody. */
import type { Clock } from "../../machinery/clock.ts";
import type { Logger } from "../../machinery/logger.ts";
import type { Store } from "../../store/types.ts";
import type { UserInfo } from "../client/types.ts";
import { type AnonymousOptions, anonymous } from "./anonymous.ts";
import { bearerTokens, TokenChain } from "./bearer-tokens.ts";
import { bootstrapTokens } from "./bootstrap/bootstrap-tokens.ts";
import { clientCertificates } from "./client-certificate.ts";
import { type OidcIssuer, OidcTokens } from "./oidc/oidc-tokens.ts";
import { type RequestHeaderOptions, requestHeaders } from "./request-header.ts";
import { staticTokens } from "./static-tokens.ts";
import type { ServiceAccountTokens } from "./tokens/service-account-tokens.ts";
import type { Authenticator } from "./types.ts";

/** All beside client certificates, service account tokens and bootstrap tokens, which always count. */
export interface AuthenticationOptions {
  /** As parseTokenFile() gives it. */
  readonly staticTokens?: ReadonlyMap<string, UserInfo>;
  readonly oidc?: readonly OidcIssuer[];
  readonly requestHeader?: RequestHeaderOptions;
  readonly anonymous?: AnonymousOptions;
}

export interface Authentication {
  readonly authenticators: readonly Authenticator[];
  /** Every sort of token there is, for TokenReview too. */
  readonly tokens: TokenChain;
}

export function authentication(
  options: AuthenticationOptions,
  accounts: ServiceAccountTokens,
  { store, clock, log }: { readonly store: Store; readonly clock: Clock; readonly log: Logger },
): Authentication {
  const { requestHeader } = options;
  const tokens = new TokenChain([
    ...(options.staticTokens ? [staticTokens(options.staticTokens)] : []),
    accounts,
    bootstrapTokens(store, clock),
    ...(options.oidc?.length ? [new OidcTokens(options.oidc, clock, log)] : []),
  ]);
  return {
    tokens,
    authenticators: [
      ...(requestHeader ? [requestHeaders(requestHeader)] : []),
      clientCertificates(requestHeader?.clientCa),
      bearerTokens(tokens),
      ...(options.anonymous?.enabled ? [anonymous(options.anonymous)] : []),
    ],
  };
}
