/** PKCS #10 (RFC 2986): what a certificate signing request asks for, and making one. Synchronous and without an X.509 library. */
import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import {
  DerError,
  type Element,
  expectTag,
  readElement,
  readElements,
  readObjectIdentifier,
  tag,
  writeElement,
  writeObjectIdentifier,
} from "./der.ts";

export interface CertificateRequest {
  readonly commonName: string;
  readonly organizations: readonly string[];
  readonly dnsNames: readonly string[];
  /** In text form: "10.0.0.1", "fd00:0:0:0:0:0:0:1". */
  readonly ipAddresses: readonly string[];
  readonly emailAddresses: readonly string[];
  readonly uris: readonly string[];
  readonly publicKey: KeyObject;
}

const oid = {
  commonName: "2.5.4.3",
  organization: "2.5.4.10",
  extensionRequest: "1.2.840.113549.1.9.14",
  subjectAltName: "2.5.29.17",
  ecdsaWithSha256: "1.2.840.10045.4.3.2",
} as const;

/** By OID: the digest, and what Go says when the signature is none. Ed25519 has its digest inside. */
const algorithms: Readonly<Record<string, readonly [digest: string | undefined, failure: string]>> = {
  [oid.ecdsaWithSha256]: ["sha256", "x509: ECDSA verification failure"],
  "1.2.840.10045.4.3.3": ["sha384", "x509: ECDSA verification failure"],
  "1.2.840.10045.4.3.4": ["sha512", "x509: ECDSA verification failure"],
  "1.2.840.113549.1.1.11": ["sha256", "crypto/rsa: verification error"],
  "1.2.840.113549.1.1.12": ["sha384", "crypto/rsa: verification error"],
  "1.2.840.113549.1.1.13": ["sha512", "crypto/rsa: verification error"],
  "1.3.101.112": [undefined, "x509: Ed25519 verification failure"],
};

/**
 * Reads the PEM text and checks the signature, which shows that whoever asks has the key. Throws an Error with the words
 * of kube-apiserver.
 */
export function parseCertificateRequest(pem: string): CertificateRequest {
  const [, type, base64] = /-----BEGIN ([A-Z ]+)-----\r?\n([A-Za-z0-9+/=\s]*?)-----END \1-----/.exec(pem) ?? [];
  if (type !== "CERTIFICATE REQUEST" || base64 === undefined) {
    throw new DerError("PEM block type must be CERTIFICATE REQUEST");
  }
  const outer = expectTag(readElement(Buffer.from(base64, "base64")), tag.sequence);
  const [info, algorithm, signature] = readElements(outer.content);
  const [version, subject, keyInfo, attributes] = readElements(expectTag(info, tag.sequence).content);
  expectTag(version, tag.integer);
  const publicKey = publicKeyOf(expectTag(keyInfo, tag.sequence));
  checkSignature(expectTag(info, tag.sequence), algorithm, signature, publicKey);
  const names = readSubject(expectTag(subject, tag.sequence));
  return { ...names, ...readAlternativeNames(attributes), publicKey };
}

function publicKeyOf({ whole }: Element): KeyObject {
  try {
    return createPublicKey({ key: Buffer.from(whole), format: "der", type: "spki" });
  } catch (error) {
    throw new DerError("x509: unsupported or malformed public key", { cause: error });
  }
}

function checkSignature(
  info: Element,
  algorithm: Element | undefined,
  signature: Element | undefined,
  publicKey: KeyObject,
): void {
  const [identifier] = readElements(expectTag(algorithm, tag.sequence).content);
  const known = algorithms[readObjectIdentifier(identifier)];
  if (known === undefined) throw new DerError("x509: cannot verify signature: algorithm unimplemented");
  const [digest, failure] = known;
  const bits = expectTag(signature, tag.bitString).content;
  if (bits[0] !== 0 || !verify(digest, info.whole, publicKey, bits.subarray(1))) throw new DerError(failure);
}

function readSubject({ content }: Element): { commonName: string; organizations: string[] } {
  let commonName = "";
  const organizations: string[] = [];
  for (const set of readElements(content)) {
    for (const attribute of readElements(expectTag(set, tag.set).content)) {
      const [type, value] = readElements(expectTag(attribute, tag.sequence).content);
      const name = readObjectIdentifier(type);
      // As Go: of several common names the last one counts.
      if (name === oid.commonName) commonName = readText(value);
      else if (name === oid.organization) organizations.push(readText(value));
    }
  }
  return { commonName, organizations };
}

const textEncodings: Readonly<Record<number, BufferEncoding>> = {
  [tag.utf8String]: "utf8",
  // NumericString, PrintableString, T61String, IA5String
  18: "latin1",
  19: "latin1",
  20: "latin1",
  22: "latin1",
};

function readText(element: Element | undefined): string {
  const encoding = element && textEncodings[element.tag];
  if (element === undefined || encoding === undefined) throw new DerError("x509: unsupported string type in subject");
  return element.content.toString(encoding);
}

type AlternativeNames = Pick<CertificateRequest, "dnsNames" | "ipAddresses" | "emailAddresses" | "uris">;

/** The attribute extensionRequest, with the extension subjectAltName in it. */
function readAlternativeNames(attributes: Element | undefined): AlternativeNames {
  const names = {
    dnsNames: [] as string[],
    ipAddresses: [] as string[],
    emailAddresses: [] as string[],
    uris: [] as string[],
  };
  for (const attribute of attributes === undefined ? [] : readElements(attributes.content)) {
    const [type, values] = readElements(expectTag(attribute, tag.sequence).content);
    if (readObjectIdentifier(type) !== oid.extensionRequest) continue;
    for (const extensions of readElements(expectTag(values, tag.set).content)) {
      for (const extension of readElements(expectTag(extensions, tag.sequence).content)) {
        const parts = readElements(expectTag(extension, tag.sequence).content);
        if (readObjectIdentifier(parts[0]) !== oid.subjectAltName) continue;
        const octets = expectTag(parts.at(-1), tag.octetString).content;
        for (const name of readElements(expectTag(readElement(octets), tag.sequence).content)) addName(names, name);
      }
    }
  }
  return names;
}

function addName(names: { [K in keyof AlternativeNames]: string[] }, { tag: kind, content }: Element): void {
  switch (kind) {
    case 0x81:
      names.emailAddresses.push(content.toString("latin1"));
      break;
    case 0x82:
      names.dnsNames.push(content.toString("latin1"));
      break;
    case 0x86:
      names.uris.push(content.toString("latin1"));
      break;
    case 0x87:
      names.ipAddresses.push(addressText(content));
      break;
    default:
    // As Go: names of other kinds are not looked at.
  }
}

function addressText(octets: Buffer): string {
  if (octets.length === 4) return octets.join(".");
  if (octets.length !== 16) throw new DerError(`x509: cannot parse IP address of length ${octets.length}`);
  return Array.from({ length: 8 }, (_, index) => octets.readUInt16BE(index * 2).toString(16)).join(":");
}

export interface RequestSubject {
  readonly commonName: string;
  readonly organizations: readonly string[];
}

/** A request for a client certificate, signed with the key (PEM, on P-256). Returns PEM. */
export function createCertificateRequest({ commonName, organizations }: RequestSubject, key: string): string {
  const privateKey = createPrivateKey(key);
  const publicKey = createPublicKey(privateKey).export({ format: "der", type: "spki" });
  const subject = writeElement(
    tag.sequence,
    ...organizations.map((organization) => attribute(oid.organization, organization)),
    attribute(oid.commonName, commonName),
  );
  const info = writeElement(
    tag.sequence,
    writeElement(tag.integer, Buffer.from([0])),
    subject,
    publicKey,
    writeElement(0xa0),
  );
  const signature = sign("sha256", info, privateKey);
  const request = writeElement(
    tag.sequence,
    info,
    writeElement(tag.sequence, writeObjectIdentifier(oid.ecdsaWithSha256)),
    writeElement(tag.bitString, Buffer.from([0]), signature),
  );
  const lines = request.toString("base64").replace(/.{64}/g, "$&\n").trimEnd();
  return `-----BEGIN CERTIFICATE REQUEST-----\n${lines}\n-----END CERTIFICATE REQUEST-----\n`;
}

function attribute(type: string, value: string): Buffer {
  const pair = writeElement(
    tag.sequence,
    writeObjectIdentifier(type),
    writeElement(tag.utf8String, Buffer.from(value, "utf8")),
  );
  return writeElement(tag.set, pair);
}
