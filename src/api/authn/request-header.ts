/**
 * Users that a front proxy names in headers: https://kubernetes.io/docs/reference/access-authn-authz/authentication/#authenticating-proxy
 */
import type { IncomingHttpHeaders } from "node:http";
import type { TLSSocket } from "node:tls";
import type { UserInfo } from "../client/types.ts";
import { chainRoot, fingerprintsOf } from "./certificate-chain.ts";
import type { Authenticator } from "./types.ts";

export interface RequestHeaderOptions {
  /** PEM; the proxy's client certificate is signed by one of these. */
  readonly clientCa: string;
  /** Common names of proxies; empty: any. */
  readonly allowedNames: readonly string[];
  /** Names of headers, the first that is there counts. */
  readonly usernameHeaders: readonly string[];
  readonly groupHeaders: readonly string[];
  readonly uidHeaders: readonly string[];
  readonly extraHeaderPrefixes: readonly string[];
}

export function requestHeaders(options: RequestHeaderOptions): Authenticator {
  const lower = (names: readonly string[]): string[] => names.map((name) => name.toLowerCase());
  const usernames = lower(options.usernameHeaders);
  const groupNames = lower(options.groupHeaders);
  const uids = lower(options.uidHeaders);
  const prefixes = lower(options.extraHeaderPrefixes);
  const proxies = new WeakMap<TLSSocket, boolean>();
  const authorities = fingerprintsOf(options.clientCa);

  const isProxy = (connection: TLSSocket): boolean => {
    let known = proxies.get(connection);
    if (known === undefined) {
      known = authorities.has(chainRoot(connection) ?? "") && isAllowed(connection, options.allowedNames);
      proxies.set(connection, known);
    }
    return known;
  };
  return {
    authenticate({ headers, connection }): UserInfo | undefined {
      const name = first(headers, usernames);
      if (name === undefined || !isProxy(connection)) return undefined;
      const groups = groupNames.flatMap((header) => all(headers[header]));
      const uid = first(headers, uids);
      const extra = extraOf(headers, prefixes);
      return {
        name,
        groups: [...new Set([...groups, "system:authenticated"])],
        ...(uid === undefined ? {} : { uid }),
        ...(Object.keys(extra).length === 0 ? {} : { extra }),
      };
    },
  };
}

function isAllowed(connection: TLSSocket, names: readonly string[]): boolean {
  if (names.length === 0) return true;
  const { CN } = connection.getPeerCertificate().subject ?? {};
  const own: readonly (string | undefined)[] = Array.isArray(CN) ? CN : [CN];
  return own.some((name) => name !== undefined && names.includes(name));
}

function all(header: string | readonly string[] | undefined): string[] {
  if (header === undefined) return [];
  const text = typeof header === "string" ? header : header.join(",");
  return text
    .split(",")
    .map((value) => value.trim())
    .filter((value) => value !== "");
}

function first(headers: IncomingHttpHeaders, names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = headers[name];
    if (value !== undefined && value.length > 0) return Array.isArray(value) ? value[0] : value;
  }
  return undefined;
}

function extraOf(headers: IncomingHttpHeaders, prefixes: readonly string[]): Record<string, string[]> {
  const extra: Record<string, string[]> = {};
  for (const [name, value] of Object.entries(headers)) {
    const prefix = prefixes.find((known) => name.startsWith(known));
    if (prefix === undefined) continue;
    extra[unescaped(name.slice(prefix.length))] = all(value);
  }
  return extra;
}

function unescaped(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    // As kube-apiserver: what is no valid escape is taken as it is.
    return key;
  }
}
