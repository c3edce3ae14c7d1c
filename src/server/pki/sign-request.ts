/** Issues what a certificate signing request asks for, by kube-controller-manager's PermissiveSigningPolicy. */
import { createPrivateKey, webcrypto } from "node:crypto";
import type * as X509 from "@peculiar/x509";
import { algorithm, backdateMilliseconds, type KeyPair, loadX509, serialNumber } from "./certificate-authority.ts";

export interface SigningOrder {
  readonly authority: KeyPair;
  /** PEM of a PKCS #10 request whose signature was checked. */
  readonly request: string;
  /** As in CertificateSigningRequest's spec: "digital signature", "client auth". */
  readonly usages: readonly string[];
  /** ms */
  readonly duration: number;
  /** ms since the epoch */
  readonly now: number;
}

const subjectAltName = "2.5.29.17";
/** Below this a certificate lives as long as was asked for, although it is valid from a little before now on. */
const shortLife = 8 * 3_600_000;

const keyUsages: Readonly<Record<string, keyof typeof X509.KeyUsageFlags>> = {
  signing: "digitalSignature",
  "digital signature": "digitalSignature",
  "content commitment": "nonRepudiation",
  "key encipherment": "keyEncipherment",
  "key agreement": "keyAgreement",
  "data encipherment": "dataEncipherment",
  "cert sign": "keyCertSign",
  "crl sign": "cRLSign",
  "encipher only": "encipherOnly",
  "decipher only": "decipherOnly",
};

const extendedKeyUsages: Readonly<Record<string, string>> = {
  any: "2.5.29.37.0",
  "server auth": "1.3.6.1.5.5.7.3.1",
  "client auth": "1.3.6.1.5.5.7.3.2",
  "code signing": "1.3.6.1.5.5.7.3.3",
  "email protection": "1.3.6.1.5.5.7.3.4",
  "s/mime": "1.3.6.1.5.5.7.3.4",
  "ipsec end system": "1.3.6.1.5.5.7.3.5",
  "ipsec tunnel": "1.3.6.1.5.5.7.3.6",
  "ipsec user": "1.3.6.1.5.5.7.3.7",
  timestamping: "1.3.6.1.5.5.7.3.8",
  "ocsp signing": "1.3.6.1.5.5.7.3.9",
  "microsoft sgc": "1.3.6.1.4.1.311.10.3.3",
  "netscape sgc": "2.16.840.1.113730.4.1",
};

/** PEM of the certificate, which never outlives the authority's. Throws when that has expired, or for unknown usages. */
export async function signRequest({ authority, request, usages, duration, now }: SigningOrder): Promise<string> {
  const x509 = await loadX509();
  const issuer = new x509.X509Certificate(authority.cert);
  if (issuer.notAfter.getTime() <= now) throw new Error("refusing to sign a certificate that expired in the past");
  const wanted = new x509.Pkcs10CertificateRequest(request);
  const signingKey = await webcrypto.subtle.importKey(
    "pkcs8",
    createPrivateKey(authority.key).export({ format: "der", type: "pkcs8" }),
    algorithm,
    false,
    ["sign"],
  );
  const notBefore = now - backdateMilliseconds;
  const notAfter = Math.min((duration < shortLife ? now : notBefore) + duration, issuer.notAfter.getTime());
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: wanted.subjectName,
    issuer: issuer.subjectName,
    notBefore: new Date(notBefore),
    notAfter: new Date(notAfter),
    signingAlgorithm: algorithm,
    publicKey: wanted.publicKey,
    signingKey,
    extensions: [
      ...usageExtensions(x509, usages),
      new x509.BasicConstraintsExtension(false, undefined, true),
      await x509.AuthorityKeyIdentifierExtension.create(issuer),
      ...alternativeNames(x509, wanted),
    ],
  });
  return `${certificate.toString("pem")}\n`;
}

function usageExtensions(x509: typeof X509, usages: readonly string[]): X509.Extension[] {
  let flags = 0;
  const extended = new Set<string>();
  const unrecognized: string[] = [];
  for (const usage of usages) {
    const flag = keyUsages[usage];
    const identifier = extendedKeyUsages[usage];
    if (flag !== undefined) flags |= x509.KeyUsageFlags[flag];
    else if (identifier !== undefined) extended.add(identifier);
    else unrecognized.push(usage);
  }
  if (unrecognized.length > 0) throw new Error(`unrecognized usage values: ${JSON.stringify(unrecognized)}`);
  return [
    ...(flags === 0 ? [] : [new x509.KeyUsagesExtension(flags, true)]),
    ...(extended.size === 0 ? [] : [new x509.ExtendedKeyUsageExtension([...extended])]),
  ];
}

/** Nothing else that the request would have in the certificate gets into it. */
function alternativeNames(x509: typeof X509, wanted: X509.Pkcs10CertificateRequest): X509.Extension[] {
  const found = wanted.extensions.find(({ type }) => type === subjectAltName);
  return found ? [new x509.SubjectAlternativeNameExtension(found.rawData)] : [];
}
