import type { TLSSocket } from "node:tls";
import type { UserInfo } from "../client/types.ts";
import { chainRoot, fingerprintsOf } from "./certificate-chain.ts";
import type { Authenticator } from "./types.ts";

const authenticated = "system:authenticated";

/**
 * The common name is the user, each organization a group. The certificate is read once per connection. `frontProxyCa`: PEM;
 * whoever has a certificate of that authority is a proxy and nobody by himself.
 */
export function clientCertificates(frontProxyCa?: string): Authenticator {
  const proxies = frontProxyCa === undefined ? undefined : fingerprintsOf(frontProxyCa);
  const users = new WeakMap<TLSSocket, { readonly user: UserInfo | undefined }>();
  return {
    authenticate({ connection }) {
      let known = users.get(connection);
      if (known === undefined) {
        known = { user: proxies?.has(chainRoot(connection) ?? "") ? undefined : userOf(connection) };
        users.set(connection, known);
      }
      return known.user;
    },
  };
}

function userOf(connection: TLSSocket): UserInfo | undefined {
  if (!connection.authorized) return undefined;
  const { subject, fingerprint256 } = connection.getPeerCertificate();
  const name = first(subject?.CN);
  if (name === undefined || name === "") return undefined;
  const groups = subject.O === undefined ? [] : Array.isArray(subject.O) ? (subject.O as string[]) : [subject.O];
  return {
    name,
    groups: [...groups.filter((group) => group !== authenticated), authenticated],
    extra: {
      "authentication.kubernetes.io/credential-id": [`X509SHA256=${fingerprint256.replaceAll(":", "").toLowerCase()}`],
    },
  };
}

function first(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
