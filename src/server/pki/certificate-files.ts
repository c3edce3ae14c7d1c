/**
 * The files under DIR/pki and when they are made anew: on the first start, when they are near their end, when names were
 * added that the server certificate does not cover, or when the authority behind them was replaced.
 */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type CertificateRequest,
  createCertificateAuthority,
  issueCertificate,
  type KeyPair,
} from "./certificate-authority.ts";

export interface ClusterCertificates {
  readonly ca: KeyPair;
  readonly server: KeyPair;
  readonly admin: KeyPair;
}

const authorityDays = 3650;
const leafDays = 365;
/** A leaf is renewed when a third of its life is left, so that a laptop switched off for months still starts well. */
const renewWithinMilliseconds = (leafDays / 3) * 86_400_000;

/** What is there, where all of it is good; undefined where something must be made. Needs no X.509 library. */
export async function readCertificates(
  directory: string,
  serverNames: readonly string[],
  now: number,
): Promise<ClusterCertificates | undefined> {
  const [ca, server, admin] = await Promise.all(["ca", "server", "admin"].map((name) => readPair(directory, name)));
  if (!ca || !server || !admin) return undefined;
  return isGood(server, ca, now, serverNames) && isGood(admin, ca, now, []) ? { ca, server, admin } : undefined;
}

/**
 * Reads the certificates, making those that are missing or due. `serverNames`: DNS names and addresses under which the
 * server will be reached. Throws when the files cannot be read or written, or when the authority itself has expired.
 */
export async function makeCertificates(
  directory: string,
  serverNames: readonly string[],
  now: number,
): Promise<ClusterCertificates> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const ca =
    (await readPair(directory, "ca")) ??
    (await writePair(directory, "ca", await createCertificateAuthority("kl-ca", authorityDays, now)));
  if (new X509Certificate(ca.cert).validToDate.getTime() <= now) {
    throw new Error(
      `the cluster's certificate authority ${join(directory, "ca.crt")} has expired: move ${directory} away and start again`,
    );
  }
  const [server, admin] = await Promise.all([
    ensureLeaf(directory, "server", ca, now, {
      commonName: "kube-apiserver",
      usage: "server",
      names: serverNames,
      days: leafDays,
    }),
    ensureLeaf(directory, "admin", ca, now, {
      commonName: "kubernetes-admin",
      organizations: ["system:masters"],
      usage: "client",
      days: leafDays,
    }),
  ]);
  return { ca, server, admin };
}

async function ensureLeaf(
  directory: string,
  name: string,
  ca: KeyPair,
  now: number,
  request: CertificateRequest,
): Promise<KeyPair> {
  const present = await readPair(directory, name);
  if (present && isGood(present, ca, now, request.names ?? [])) return present;
  return writePair(directory, name, await issueCertificate(ca, request, now));
}

function isGood(pair: KeyPair, ca: KeyPair, now: number, names: readonly string[]): boolean {
  const certificate = new X509Certificate(pair.cert);
  const authority = new X509Certificate(ca.cert);
  return (
    certificate.validToDate.getTime() - now > renewWithinMilliseconds &&
    certificate.checkIssued(authority) &&
    certificate.verify(authority.publicKey) &&
    // A crash between the two renames of a renewal leaves the new key beside the old certificate.
    certificate.checkPrivateKey(createPrivateKey(pair.key)) &&
    names.every((name) => covers(certificate, name))
  );
}

function covers(certificate: X509Certificate, name: string): boolean {
  return /^[0-9.]+$|:/.test(name) ? certificate.checkIP(name) !== undefined : certificate.checkHost(name) !== undefined;
}

async function readPair(directory: string, name: string): Promise<KeyPair | undefined> {
  const certFile = join(directory, `${name}.crt`);
  const keyFile = join(directory, `${name}.key`);
  if (!existsSync(certFile) || !existsSync(keyFile)) return undefined;
  const [cert, key] = await Promise.all([readFile(certFile, "utf8"), readFile(keyFile, "utf8")]);
  return { cert, key };
}

/** The key first and each file by rename: a crash in between leaves no pair that looks whole but does not match. */
async function writePair(directory: string, name: string, pair: KeyPair): Promise<KeyPair> {
  await writeWhole(join(directory, `${name}.key`), pair.key, 0o600);
  await writeWhole(join(directory, `${name}.crt`), pair.cert, 0o644);
  return pair;
}

async function writeWhole(file: string, text: string, mode: number): Promise<void> {
  const temporary = `${file}.${process.pid}.tmp`;
  await writeFile(temporary, text, { mode });
  await chmod(temporary, mode);
  await rename(temporary, file);
}
