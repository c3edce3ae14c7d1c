/**
 * The cluster's own certificate authority (P-256). @peculiar/x509 is loaded only when something is issued: a normal start
 * finds valid files and does without it.
 */
import { createPrivateKey, randomBytes, webcrypto } from "node:crypto";

/** PEM texts. */
export interface KeyPair {
  readonly key: string;
  readonly cert: string;
}

export interface CertificateRequest {
  readonly commonName: string;
  readonly organizations?: readonly string[];
  readonly usage: "server" | "client" | "both";
  /** DNS names and IP addresses. */
  readonly names?: readonly string[];
  readonly days: number;
}

export const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const dayMilliseconds = 86_400_000;
/** Clocks of joining machines may be a little behind. */
export const backdateMilliseconds = 5 * 60_000;

export async function loadX509() {
  await import("reflect-metadata");
  return import("@peculiar/x509");
}

async function generateKeys(): Promise<{ keys: webcrypto.CryptoKeyPair; pem: string }> {
  const keys = (await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"])) as webcrypto.CryptoKeyPair;
  const der = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey));
  const pem = createPrivateKey({ key: der, format: "der", type: "pkcs8" }).export({ format: "pem", type: "pkcs8" });
  return { keys, pem: String(pem) };
}

/** Positive and 128 bits long, as RFC 5280 wants serial numbers. */
export function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = (bytes[0] ?? 0) & 0x7f;
  return bytes.toString("hex");
}

function validity(now: number, days: number): { notBefore: Date; notAfter: Date } {
  return { notBefore: new Date(now - backdateMilliseconds), notAfter: new Date(now + days * dayMilliseconds) };
}

export async function createCertificateAuthority(commonName: string, days: number, now: number): Promise<KeyPair> {
  const x509 = await loadX509();
  const { keys, pem } = await generateKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: [{ CN: [commonName] }],
    ...validity(now, days),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(
        x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign | x509.KeyUsageFlags.digitalSignature,
        true,
      ),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { key: pem, cert: `${certificate.toString("pem")}\n` };
}

/** Signs a new key for the request. The certificate never outlives the authority's. */
export async function issueCertificate(authority: KeyPair, request: CertificateRequest, now: number): Promise<KeyPair> {
  const x509 = await loadX509();
  const { keys, pem } = await generateKeys();
  const issuer = new x509.X509Certificate(authority.cert);
  const signingKey = await webcrypto.subtle.importKey(
    "pkcs8",
    createPrivateKey(authority.key).export({ format: "der", type: "pkcs8" }),
    algorithm,
    false,
    ["sign"],
  );
  const { notBefore, notAfter } = validity(now, request.days);
  const usages: string[] = [];
  if (request.usage !== "client") usages.push(x509.ExtendedKeyUsage.serverAuth);
  if (request.usage !== "server") usages.push(x509.ExtendedKeyUsage.clientAuth);
  const subject: Record<string, string[]>[] = [
    ...(request.organizations ?? []).map((organization) => ({ O: [organization] })),
    { CN: [request.commonName] },
  ];
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject,
    issuer: issuer.subjectName,
    notBefore,
    notAfter: new Date(Math.min(notAfter.getTime(), issuer.notAfter.getTime())),
    signingAlgorithm: algorithm,
    publicKey: keys.publicKey,
    signingKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyEncipherment, true),
      new x509.ExtendedKeyUsageExtension(usages),
      await x509.AuthorityKeyIdentifierExtension.create(issuer),
      ...(request.names && request.names.length > 0
        ? [new x509.SubjectAlternativeNameExtension(request.names.map(alternativeName))]
        : []),
    ],
  });
  return { key: pem, cert: `${certificate.toString("pem")}\n` };
}

function alternativeName(name: string): { type: "ip" | "dns"; value: string } {
  return { type: /^[0-9.]+$|:/.test(name) ? "ip" : "dns", value: name };
}
