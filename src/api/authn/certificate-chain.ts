import { X509Certificate } from "node:crypto";
import type { DetailedPeerCertificate, TLSSocket } from "node:tls";

/** SHA-256 fingerprints of the certificates in a PEM bundle. */
export function fingerprintsOf(bundle: string): ReadonlySet<string> {
  const blocks = bundle.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [];
  return new Set(blocks.map((pem) => new X509Certificate(pem).fingerprint256));
}

/** The fingerprint of the authority that the peer's certificate comes from; undefined: none that is trusted here. */
export function chainRoot(connection: TLSSocket): string | undefined {
  if (!connection.authorized) return undefined;
  let certificate: DetailedPeerCertificate | undefined = connection.getPeerCertificate(true);
  // The root issued itself; a chain that was cut off ends in the last that was sent.
  for (let depth = 0; depth < 16 && certificate?.issuerCertificate; depth++) {
    if (certificate.issuerCertificate.fingerprint256 === certificate.fingerprint256) break;
    certificate = certificate.issuerCertificate;
  }
  return certificate?.fingerprint256;
}
