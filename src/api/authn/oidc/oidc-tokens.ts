/** ID tokens of OpenID providers: https://kubernetes.io/docs/reference/access-authn-authz/authentication/#openid-connect-tokens */
import type { Clock } from "../../../machinery/clock.ts";
import type { Logger } from "../../../machinery/logger.ts";
import type { UserInfo } from "../../client/types.ts";
import type { ReviewedToken, TokenAuthenticator } from "../bearer-tokens.ts";
import { type ClaimMappings, type Claims, userOf } from "./claims.ts";
import { Provider, type ProviderOptions } from "./provider.ts";

export interface OidcIssuer extends ProviderOptions {
  /** One of them has to be the token's. */
  readonly audiences: readonly string[];
  readonly mappings: ClaimMappings;
  readonly requiredClaims: Readonly<Record<string, string>>;
  /** "RS256", … */
  readonly algorithms: readonly string[];
}

interface Known {
  readonly user: UserInfo;
  readonly until: number;
}

/** How long a token that was found good is believed, in ms: as kube-apiserver. */
const believed = 10_000;
const cacheLimit = 2000;
/** In seconds. */
const leeway = 10;

export class OidcTokens implements TokenAuthenticator {
  readonly #issuers: ReadonlyMap<string, { readonly issuer: OidcIssuer; readonly provider: Provider }>;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #known = new Map<string, Known>();

  constructor(issuers: readonly OidcIssuer[], clock: Clock, log: Logger) {
    this.#issuers = new Map(issuers.map((issuer) => [issuer.issuer, { issuer, provider: new Provider(issuer) }]));
    this.#clock = clock;
    this.#log = log;
  }

  /** Other audiences than the API server's own are none of these tokens' business. */
  review(token: string): ReviewedToken | undefined | Promise<ReviewedToken | undefined> {
    const known = this.#known.get(token);
    if (known !== undefined && known.until > this.#clock.now()) return { user: known.user };
    const trusted = this.#issuers.get(issuerOf(token) ?? "");
    return trusted && this.#verify(token, trusted.issuer, trusted.provider);
  }

  async #verify(token: string, issuer: OidcIssuer, provider: Provider): Promise<ReviewedToken | undefined> {
    try {
      const claims = await this.#claims(token, issuer, provider);
      for (const [name, value] of Object.entries(issuer.requiredClaims)) {
        if (claims[name] !== value) throw new Error(`oidc: required claim ${name} is not "${value}"`);
      }
      const user = userOf(claims, issuer.mappings);
      if (this.#known.size >= cacheLimit) this.#known.clear();
      const until = Math.min(this.#clock.now() + believed, Number(claims.exp) * 1000);
      this.#known.set(token, { user, until });
      return { user };
    } catch (error) {
      this.#log.info({ err: error, issuer: issuer.issuer }, "an OIDC token was refused");
      return undefined;
    }
  }

  async #claims(token: string, issuer: OidcIssuer, provider: Provider): Promise<Claims> {
    const { errors, jwtVerify } = await import("jose");
    const options = {
      issuer: issuer.issuer,
      audience: [...issuer.audiences],
      algorithms: [...issuer.algorithms],
      requiredClaims: ["exp"],
      clockTolerance: leeway,
      currentDate: new Date(this.#clock.now()),
    };
    try {
      return (await jwtVerify(token, await provider.keys(), options)).payload;
    } catch (error) {
      // The provider may have changed its keys since.
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      return (await jwtVerify(token, await provider.keys(true), options)).payload;
    }
  }
}

/** As the token says, which nobody has believed yet. */
function issuerOf(token: string): string | undefined {
  const parts = token.split(".");
  if (parts.length !== 3) return undefined;
  try {
    const { iss } = JSON.parse(Buffer.from(parts[1] ?? "", "base64url").toString("utf8")) as { readonly iss?: unknown };
    return typeof iss === "string" ? iss : undefined;
  } catch {
    // Not a JSON Web Token: some other sort's, then.
    return undefined;
  }
}
