import { execFileSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createCertificateRequest, parseCertificateRequest } from "../../../src/machinery/pki/certificate-request.ts";

const newKey = (): string =>
  generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ type: "pkcs8", format: "pem" }).toString();

describe("certificate requests", () => {
  const key = newKey();
  let directory = "";
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), "kl-csr-"));
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  const openssl = (...args: string[]): string => execFileSync("openssl", args, { encoding: "utf8", stdio: "pipe" });

  it("are read as they were made", () => {
    const subject = { commonName: "system:node:a", organizations: ["system:nodes", "größer"] };
    const { publicKey, ...names } = parseCertificateRequest(createCertificateRequest(subject, key));
    expect(names).toEqual({ ...subject, dnsNames: [], ipAddresses: [], emailAddresses: [], uris: [] });
    expect(publicKey.asymmetricKeyType).toBe("ec");
  });

  it("are understood and verified by OpenSSL", () => {
    const file = join(directory, "own.csr");
    writeFileSync(
      file,
      createCertificateRequest({ commonName: "system:node:a", organizations: ["system:nodes"] }, key),
    );
    expect(openssl("req", "-in", file, "-noout", "-verify", "-subject")).toMatch(
      /O ?= ?system:nodes, CN ?= ?system:node:a/,
    );
  });

  it.each([
    ["rsa:2048", []],
    ["ec", ["-pkeyopt", "ec_paramgen_curve:P-384", "-sha384"]],
    ["ed25519", []],
  ])("of OpenSSL are read: %s", (algorithm, more) => {
    const names = "subjectAltName=DNS:a.example,DNS:b,IP:10.0.0.7,IP:fd00::1,email:a@b.c,URI:spiffe://x/y";
    const pem = openssl(
      ...["req", "-new", "-newkey", algorithm, ...more, "-nodes", "-keyout", join(directory, "k"), "-batch"],
      ...["-subj", "/O=one/O=two/CN=first/CN=last", "-addext", names],
    );
    const { publicKey: _, ...read } = parseCertificateRequest(pem);
    expect(read).toEqual({
      commonName: "last",
      organizations: ["one", "two"],
      dnsNames: ["a.example", "b"],
      ipAddresses: ["10.0.0.7", "fd00:0:0:0:0:0:0:1"],
      emailAddresses: ["a@b.c"],
      uris: ["spiffe://x/y"],
    });
  });

  it("say what is wrong with them in Kubernetes' words", () => {
    expect(() => parseCertificateRequest("nonsense")).toThrow("PEM block type must be CERTIFICATE REQUEST");
    const other = createCertificateRequest({ commonName: "a", organizations: [] }, key).replaceAll(" REQUEST", "");
    expect(() => parseCertificateRequest(other)).toThrow("PEM block type must be CERTIFICATE REQUEST");
  });

  it("are refused when they were changed after signing", () => {
    const pem = createCertificateRequest({ commonName: "system:node:aaaa", organizations: ["system:nodes"] }, key);
    const der = Buffer.from(pem.replace(/-----[^-]+-----/g, ""), "base64");
    const at = der.indexOf("aaaa");
    der.write("bbbb", at, "latin1");
    const forged = `-----BEGIN CERTIFICATE REQUEST-----\n${der.toString("base64")}\n-----END CERTIFICATE REQUEST-----\n`;
    expect(() => parseCertificateRequest(forged)).toThrow("x509: ECDSA verification failure");
  });

  it("that are damaged in any way are errors, never accepted and never a crash", () => {
    const pem = createCertificateRequest({ commonName: "system:node:a", organizations: ["system:nodes"] }, key);
    const der = Buffer.from(pem.replace(/-----[^-]+-----/g, ""), "base64");
    fc.assert(
      fc.property(fc.nat(der.length - 1), fc.integer({ min: 1, max: 255 }), fc.boolean(), (at, change, cut) => {
        const bad = cut ? der.subarray(0, at) : Buffer.from(der);
        if (!cut) bad[at] = (bad[at] ?? 0) ^ change;
        const text = `-----BEGIN CERTIFICATE REQUEST-----\n${bad.toString("base64")}\n-----END CERTIFICATE REQUEST-----\n`;
        expect(() => parseCertificateRequest(text)).toThrow(Error);
      }),
      { numRuns: 400 },
    );
  });
});
