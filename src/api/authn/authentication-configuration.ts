/**
 * The file of --authentication-config, apiserver.config.k8s.io/v1 AuthenticationConfiguration:
 * https://kubernetes.io/docs/reference/access-authn-authz/authentication/#using-authentication-configuration
 * What takes CEL expressions is refused rather than left out, since leaving it out would let somebody in.
 */
import type { AnonymousOptions } from "./anonymous.ts";
import type { ClaimMapping, ClaimMappings } from "./oidc/claims.ts";
import type { OidcIssuer } from "./oidc/oidc-tokens.ts";

export interface AuthenticationConfiguration {
  readonly oidc: readonly OidcIssuer[];
  readonly anonymous?: AnonymousOptions;
}

type Fields = Readonly<Record<string, unknown>>;

/** What an authenticator with a configuration file takes (k8s.io/apiserver oidc.AllValidSigningAlgorithms). */
const algorithms = ["RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "PS256", "PS384", "PS512"];
const versions = ["v1", "v1beta1"].map((version) => `apiserver.config.k8s.io/${version}`);

/** `document`: parsed YAML or JSON. Throws an Error that names the field which is wrong. */
export function parseAuthenticationConfiguration(document: unknown): AuthenticationConfiguration {
  const { apiVersion, kind, jwt = [], anonymous } = fields(document, "the file");
  if (kind !== "AuthenticationConfiguration" || !versions.includes(String(apiVersion))) {
    throw new Error(`expected ${versions[0]} AuthenticationConfiguration, found ${apiVersion} ${kind}`);
  }
  const oidc = list(jwt, "jwt").map((item, i) => issuerOf(fields(item, `jwt[${i}]`), `jwt[${i}]`));
  const urls = oidc.map(({ issuer }) => issuer);
  const twice = urls.find((url, i) => urls.indexOf(url) !== i);
  if (twice !== undefined) throw new Error(`jwt: the issuer "${twice}" is there twice`);
  return { oidc, ...(anonymous === undefined ? {} : { anonymous: anonymousOf(fields(anonymous, "anonymous")) }) };
}

function anonymousOf({ enabled, conditions }: Fields): AnonymousOptions {
  const paths = list(conditions ?? [], "anonymous.conditions").map((condition, i) =>
    text(fields(condition, `anonymous.conditions[${i}]`).path, `anonymous.conditions[${i}].path`),
  );
  return { enabled: enabled === true, ...(paths.length === 0 ? {} : { paths }) };
}

function issuerOf(item: Fields, at: string): OidcIssuer {
  const issuer = fields(item.issuer, `${at}.issuer`);
  const { url, discoveryURL, certificateAuthority, audiences, audienceMatchPolicy } = issuer;
  if (audienceMatchPolicy !== undefined && audienceMatchPolicy !== "" && audienceMatchPolicy !== "MatchAny") {
    throw new Error(`${at}.issuer.audienceMatchPolicy: must be MatchAny`);
  }
  const named = list(audiences ?? [], `${at}.issuer.audiences`).map((audience) =>
    text(audience, `${at}.issuer.audiences`),
  );
  if (named.length === 0) throw new Error(`${at}.issuer.audiences: at least one is required`);
  if (list(item.userValidationRules ?? [], `${at}.userValidationRules`).length > 0)
    throw unsupported(`${at}.userValidationRules`);
  return {
    issuer: httpsUrl(url, `${at}.issuer.url`),
    ...(discoveryURL ? { discoveryUrl: httpsUrl(discoveryURL, `${at}.issuer.discoveryURL`) } : {}),
    ...(certificateAuthority
      ? { certificateAuthority: text(certificateAuthority, `${at}.issuer.certificateAuthority`) }
      : {}),
    audiences: named,
    algorithms,
    requiredClaims: requiredClaims(list(item.claimValidationRules ?? [], `${at}.claimValidationRules`), at),
    mappings: mappingsOf(fields(item.claimMappings, `${at}.claimMappings`), `${at}.claimMappings`),
  };
}

function requiredClaims(rules: readonly unknown[], at: string): Record<string, string> {
  const required: Record<string, string> = {};
  for (const [i, rule] of rules.entries()) {
    const { claim, requiredValue, expression } = fields(rule, `${at}.claimValidationRules[${i}]`);
    if (expression) throw unsupported(`${at}.claimValidationRules[${i}].expression`);
    required[text(claim, `${at}.claimValidationRules[${i}].claim`)] = String(requiredValue ?? "");
  }
  return required;
}

function mappingsOf({ username, groups, uid, extra }: Fields, at: string): ClaimMappings {
  if (list(extra ?? [], `${at}.extra`).length > 0) throw unsupported(`${at}.extra`);
  const mapped = mapping(username, `${at}.username`);
  if (mapped === undefined) throw new Error(`${at}.username: claim is required`);
  const grouped = groups === undefined ? undefined : mapping(groups, `${at}.groups`);
  const id = uid === undefined ? undefined : fields(uid, `${at}.uid`);
  if (id?.expression) throw unsupported(`${at}.uid.expression`);
  return {
    username: mapped,
    ...(grouped === undefined ? {} : { groups: grouped }),
    ...(id?.claim ? { uid: { claim: text(id.claim, `${at}.uid.claim`) } } : {}),
  };
}

function mapping(value: unknown, at: string): ClaimMapping | undefined {
  const { claim, prefix, expression } = fields(value, at);
  if (expression) throw unsupported(`${at}.expression`);
  if (!claim) return undefined;
  if (typeof prefix !== "string") throw new Error(`${at}.prefix: required when claim is set; may be ""`);
  return { claim: text(claim, `${at}.claim`), prefix };
}

function unsupported(at: string): Error {
  return new Error(`${at}: CEL expressions are not supported here`);
}

function fields(value: unknown, at: string): Fields {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Fields;
  throw new Error(`${at}: must hold fields`);
}

function list(value: unknown, at: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new Error(`${at}: must be a list`);
}

function text(value: unknown, at: string): string {
  if (typeof value === "string" && value !== "") return value;
  throw new Error(`${at}: required`);
}

function httpsUrl(value: unknown, at: string): string {
  const url = text(value, at);
  if (!url.startsWith("https://")) throw new Error(`${at}: "${url}" must be an https URL`);
  return url;
}
