import { X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, get } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeCertificates, readCertificates } from "../../src/server/pki/certificate-files.ts";
import { ensureCertificates } from "../../src/server/pki/ensure-certificates.ts";

const day = 86_400_000;
const names = ["localhost", "kubernetes.default.svc", "127.0.0.1"];

describe("certificates", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "kl-pki-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("makes certificates that a TLS client and server accept", async () => {
    const { ca, server, admin } = await makeCertificates(folder, names, Date.now());
    const listener = createServer({ ...server, ca: ca.cert, requestCert: true }, (request, response) => {
      const peer = (request.socket as import("node:tls").TLSSocket).getPeerCertificate();
      response.end(JSON.stringify(peer.subject));
    });
    await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
    try {
      const body = await new Promise<string>((resolve, reject) => {
        get(
          { port: (listener.address() as AddressInfo).port, host: "127.0.0.1", ca: ca.cert, ...admin },
          (response) => {
            let text = "";
            response.on("data", (chunk) => {
              text += chunk;
            });
            response.on("end", () => resolve(text));
          },
        ).on("error", reject);
      });
      expect(JSON.parse(body)).toEqual({ O: "system:masters", CN: "kubernetes-admin" });
    } finally {
      listener.close();
    }
    expect(statSync(join(folder, "ca.key")).mode & 0o777).toBe(0o600);
  });

  it("are made in a thread of their own, and only when something is missing", async () => {
    const made = await ensureCertificates(folder, names, Date.now());
    expect(await ensureCertificates(folder, names, Date.now())).toEqual(made);
    await expect(ensureCertificates(folder, names, Date.now() + 4000 * day)).rejects.toThrow(
      /authority .* has expired/,
    );
  });

  it("keeps what is good", async () => {
    const first = await makeCertificates(folder, names, Date.now());
    expect(await makeCertificates(folder, names, Date.now() + 30 * day)).toEqual(first);
    expect(await readCertificates(folder, names, Date.now() + 30 * day)).toEqual(first);
  });

  it("renews leaves, under the same authority, when a third of their life is left", async () => {
    const first = await makeCertificates(folder, names, Date.now());
    const later = await makeCertificates(folder, names, Date.now() + 300 * day);
    expect(later.ca).toEqual(first.ca);
    expect(later.server.cert).not.toBe(first.server.cert);
    expect(new X509Certificate(later.admin.cert).validToDate.getTime()).toBeGreaterThan(Date.now() + 600 * day);
  });

  it("issues a server certificate anew for a name it does not cover", async () => {
    const first = await makeCertificates(folder, names, Date.now());
    const second = await makeCertificates(folder, [...names, "10.1.2.3"], Date.now());
    expect(new X509Certificate(second.server.cert).checkIP("10.1.2.3")).toBe("10.1.2.3");
    expect(second.admin).toEqual(first.admin);
  });

  it("mends a pair whose halves do not match, as a crash in a renewal leaves it", async () => {
    await makeCertificates(folder, names, Date.now());
    writeFileSync(join(folder, "server.key"), readFileSync(join(folder, "admin.key")));
    const { server } = await makeCertificates(folder, names, Date.now());
    expect(() => createServer(server).close()).not.toThrow();
  });

  it("says so when the authority itself has expired", async () => {
    await makeCertificates(folder, names, Date.now());
    await expect(makeCertificates(folder, names, Date.now() + 4000 * day)).rejects.toThrow(/authority .* has expired/);
  });
});
