/** From a token's claims to a user (k8s.io/apiserver/plugin/pkg/authenticator/token/oidc). */
import type { UserInfo } from "../../client/types.ts";

export interface ClaimMapping {
  readonly claim: string;
  readonly prefix: string;
}

export interface ClaimMappings {
  readonly username: ClaimMapping;
  readonly groups?: ClaimMapping;
  readonly uid?: { readonly claim: string };
}

export type Claims = Readonly<Record<string, unknown>>;

/** Throws an Error that says which claim is not as it has to be. */
export function userOf(claims: Claims, { username, groups, uid }: ClaimMappings): UserInfo {
  const name = textOf(claims, username.claim);
  if (username.claim === "email" && claims.email_verified !== undefined && claims.email_verified !== true) {
    throw new Error(`oidc: email not verified`);
  }
  const own = groups === undefined ? [] : listOf(claims, groups.claim).map((group) => groups.prefix + group);
  const id = uid === undefined ? undefined : textOf(claims, uid.claim);
  const jti = typeof claims.jti === "string" ? claims.jti : undefined;
  return {
    name: username.prefix + name,
    groups: [...new Set([...own, "system:authenticated"])],
    ...(id === undefined ? {} : { uid: id }),
    ...(jti === undefined ? {} : { extra: { "authentication.kubernetes.io/credential-id": [`JTI=${jti}`] } }),
  };
}

function textOf(claims: Claims, claim: string): string {
  const value = claims[claim];
  if (typeof value === "string" && value !== "") return value;
  throw new Error(`oidc: parse username claims "${claim}": claim not present`);
}

/** A single group may stand without its list. */
function listOf(claims: Claims, claim: string): string[] {
  const value = claims[claim];
  if (value === undefined || value === null) return [];
  if (typeof value === "string") return [value];
  if (Array.isArray(value) && value.every((item) => typeof item === "string")) return value;
  throw new Error(`oidc: parse groups claim "${claim}": it is no list of strings`);
}
