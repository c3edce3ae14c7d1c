import type { ServingCertificate } from "../../src/api/types.ts";
import {
  createCertificateAuthority,
  issueCertificate,
  type KeyPair,
} from "../../src/server/pki/certificate-authority.ts";

export interface TestCertificates {
  readonly authority: KeyPair;
  readonly serving: ServingCertificate;
  readonly admin: KeyPair;
  client(name: string, groups: readonly string[]): Promise<KeyPair>;
}

export async function testCertificates(): Promise<TestCertificates> {
  const now = Date.now();
  const authority = await createCertificateAuthority("kl-test-ca", 1, now);
  const client = (commonName: string, organizations: readonly string[]): Promise<KeyPair> =>
    issueCertificate(authority, { commonName, organizations, usage: "client", days: 1 }, now);
  const server = await issueCertificate(
    authority,
    { commonName: "kl", usage: "server", names: ["localhost", "127.0.0.1"], days: 1 },
    now,
  );
  const admin = await client("kubernetes-admin", ["system:masters"]);
  return { authority, admin, client, serving: { ...server, clientCa: authority.cert } };
}
