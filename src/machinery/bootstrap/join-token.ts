/**
 * What `kl token create` prints and `kl agent --token` takes: "kl<sha256 of the CA's DER, hex>.<id>.<secret>". The hash
 * lets an agent know the server at the first contact; the rest is a bootstrap token.
 */
import { createHash, X509Certificate } from "node:crypto";
import { parseBootstrapToken, type TokenParts } from "./bootstrap-token.ts";

export interface JoinToken {
  /** Hex, lower case. */
  readonly caHash: string;
  /** "abcdef.0123456789abcdef": the bearer token. */
  readonly bearer: string;
}

/** Hex. `ca`: PEM. */
export function hashOfAuthority(ca: string): string {
  return createHash("sha256").update(new X509Certificate(ca).raw).digest("hex");
}

export function formatJoinToken(ca: string, { id, secret }: TokenParts): string {
  return `kl${hashOfAuthority(ca)}.${id}.${secret}`;
}

/** Throws an Error of one line that says what is wrong, never with the token in it. */
export function parseJoinToken(text: string): JoinToken {
  const token = text.trim();
  if (token === "") throw new Error("the token is empty: kl token create on the server prints one");
  const [, caHash, bearer = ""] = /^kl([0-9a-f]{64})\.(.*)$/s.exec(token) ?? [];
  if (caHash !== undefined && parseBootstrapToken(bearer)) return { caHash, bearer };
  if (parseBootstrapToken(token)) {
    throw new Error(
      "the token does not say which server it is for: give all of what kl token create prints, which begins with kl",
    );
  }
  throw new Error(
    `the token is not whole (${token.length} characters, not ${2 + 64 + 1 + 6 + 1 + 16}): give what kl token create prints, as it stands`,
  );
}
