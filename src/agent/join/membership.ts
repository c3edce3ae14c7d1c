/**
 * What a host keeps of its membership in a cluster, under DIR/agent: pki/ca.crt, pki/node.crt, pki/node.key and
 * membership.json. With these the agent comes back without a token.
 */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { chmod, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { NodeCertificate } from "../link/types.ts";

export interface Membership {
  /** Tells the cluster's containers from those of others on the same engine. */
  readonly clusterId: string;
  /** "https://10.0.0.1:6443" */
  readonly server: string;
  readonly nodeName: string;
  /** PEM */
  readonly ca: string;
  readonly certificate: NodeCertificate;
}

const files = (directory: string) => ({
  facts: join(directory, "membership.json"),
  pki: join(directory, "pki"),
  ca: join(directory, "pki", "ca.crt"),
  // Key and certificate in one file: they change together or not at all.
  node: join(directory, "pki", "node.pem"),
});

/** undefined where this host never joined, or not to the end. Throws what reading throws. */
export async function readMembership(directory: string): Promise<Membership | undefined> {
  const paths = files(directory);
  const texts = await Promise.all([readText(paths.facts), readText(paths.ca), readText(paths.node)]);
  const [facts, ca, node] = texts;
  if (facts === undefined || ca === undefined || node === undefined) return undefined;
  const certificate = parted(node);
  if (certificate === undefined) return undefined;
  return { ...(JSON.parse(facts) as Omit<Membership, "ca" | "certificate">), ca, certificate };
}

export async function writeMembership(directory: string, membership: Membership): Promise<void> {
  const paths = files(directory);
  await mkdir(paths.pki, { recursive: true, mode: 0o700 });
  await chmod(paths.pki, 0o700);
  const { ca, certificate, ...facts } = membership;
  await writeWhole(paths.ca, ca, 0o644);
  await writeCertificate(directory, certificate);
  await writeWhole(paths.facts, `${JSON.stringify(facts, undefined, 2)}\n`, 0o644);
}

export async function writeCertificate(directory: string, { cert, key }: NodeCertificate): Promise<void> {
  await writeWhole(files(directory).node, `${cert.trimEnd()}\n${key.trimEnd()}\n`, 0o600);
}

/** undefined where the two are not there, or do not belong together. */
function parted(text: string): NodeCertificate | undefined {
  const cert = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n?/.exec(text)?.[0];
  const key = /-----BEGIN PRIVATE KEY-----[^-]+-----END PRIVATE KEY-----\n?/.exec(text)?.[0];
  if (cert === undefined || key === undefined) return undefined;
  return new X509Certificate(cert).checkPrivateKey(createPrivateKey(key)) ? { cert, key } : undefined;
}

async function readText(file: string): Promise<string | undefined> {
  return readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
}

async function writeWhole(file: string, text: string, mode: number): Promise<void> {
  const temporary = `${file}.${process.pid}.tmp`;
  await writeFile(temporary, text, { mode });
  await chmod(temporary, mode);
  await rename(temporary, file);
}
