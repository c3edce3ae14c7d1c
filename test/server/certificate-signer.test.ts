import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createCertificateAuthority, type KeyPair } from "../../src/server/pki/certificate-authority.ts";
import { CertificateSigner } from "../../src/server/pki/certificate-signer.ts";
import { FakeClock } from "../fake-clock.ts";

const hour = 3_600_000;
const clientUsages = ["digital signature", "key encipherment", "client auth"];

describe("the signer", () => {
  const clock = new FakeClock("2026-06-01T00:00:00Z");
  let authority: KeyPair;
  let directory: string;
  let signer: CertificateSigner;
  beforeAll(async () => {
    authority = await createCertificateAuthority("test-ca", 2, clock.now());
    directory = mkdtempSync(join(tmpdir(), "kl-sign-"));
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  beforeEach(() => {
    signer = new CertificateSigner(authority, clock);
  });
  afterEach(() => signer.close());

  function request(key: readonly string[], ...more: string[]): string {
    const args = ["req", "-new", "-newkey", ...key, "-nodes", "-keyout", join(directory, "key"), "-batch"];
    return execFileSync("openssl", [...args, "-subj", "/O=system:nodes/CN=system:node:a", ...more], {
      encoding: "utf8",
      stdio: "pipe",
    });
  }

  const sign = async (pem: string, usages = clientUsages, duration = hour): Promise<X509Certificate> =>
    new X509Certificate(await signer.sign({ request: pem, usages, duration }));

  it.each([[["rsa:2048"]], [["ec", "-pkeyopt", "ec_paramgen_curve:P-256"]], [["ed25519"]]])(
    "gives %j keys the certificate that was asked for",
    async (key) => {
      const certificate = await sign(request(key, "-addext", "subjectAltName=DNS:a.example,IP:10.0.0.7"));
      expect(certificate.verify(new X509Certificate(authority.cert).publicKey)).toBe(true);
      expect(certificate.subject).toBe("O=system:nodes\nCN=system:node:a");
      expect(certificate.issuer).toBe("CN=test-ca");
      expect(certificate.subjectAltName).toBe("DNS:a.example, IP Address:10.0.0.7");
      expect(certificate.keyUsage).toEqual(["1.3.6.1.5.5.7.3.2"]);
      expect(certificate.ca).toBe(false);
    },
  );

  const key = ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"];

  it("gives nobody a CA, whatever the request has in it", async () => {
    const pem = request(key, "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=keyCertSign");
    const certificate = await sign(pem);
    expect(certificate.ca).toBe(false);
    expect(certificate.subjectAltName).toBeUndefined();
  });

  it("keeps to the time that was asked for, to a long one from a little before now on, and to the CA's end", async () => {
    const pem = request(key);
    const ends = async (duration: number) => (await sign(pem, clientUsages, duration)).validToDate.getTime();
    expect(await ends(hour)).toBe(clock.now() + hour);
    expect(await ends(10 * hour)).toBe(clock.now() + 10 * hour - 5 * 60_000);
    expect(await ends(1000 * hour)).toBe(new X509Certificate(authority.cert).validToDate.getTime());
    const { validFromDate } = await sign(pem);
    expect(validFromDate.getTime()).toBe(clock.now() - 5 * 60_000);
  });

  it("tells what it cannot sign, and goes on", async () => {
    await expect(sign(request(key), ["world peace"])).rejects.toThrow('unrecognized usage values: ["world peace"]');
    await expect(sign("nonsense")).rejects.toThrow(Error);
    expect((await sign(request(key))).subject).toContain("system:node:a");
  });

  it("signs many at once, and again after its thread was sent away", async () => {
    const pem = request(key);
    const serials = await Promise.all(Array.from({ length: 20 }, async () => (await sign(pem)).serialNumber));
    expect(new Set(serials).size).toBe(20);
    clock.advance(11_000);
    expect((await sign(pem)).subject).toContain("system:node:a");
  });

  it("does not sign with a CA that has expired", async () => {
    const late = new CertificateSigner(authority, new FakeClock("2027-01-01T00:00:00Z"));
    const order = { request: request(key), usages: clientUsages, duration: hour };
    await expect(late.sign(order)).rejects.toThrow("refusing to sign a certificate that expired in the past");
    await late.close();
  });
});
