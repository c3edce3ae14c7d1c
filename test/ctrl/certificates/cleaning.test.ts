import { afterEach, expect, it } from "vitest";
import type {
  CertificateSigningRequest,
  CertificateSigningRequestCondition,
} from "../../../src/machinery/types/certificates/v1.ts";
import { createCertificateAuthority } from "../../../src/server/pki/certificate-authority.ts";
import { SimulatedCluster } from "../simulated-cluster.ts";

const requests = { group: "certificates.k8s.io", version: "v1", resource: "certificatesigningrequests" };
const hour = 3_600_000;
let cluster: SimulatedCluster;
afterEach(() => cluster.stop());

it("takes requests away when they have been answered for an hour, or nobody has answered for a day", async () => {
  cluster = await SimulatedCluster.start(["csrcleaner"]);
  const start = cluster.clock.now();
  const now = new Date(start).toISOString();
  // Any certificate will do: one that is good for a day, and one that has expired.
  const good = (await createCertificateAuthority("x", 1, start)).cert;
  const expired = (await createCertificateAuthority("x", 1, start - 48 * hour)).cert;

  function put(name: string, type?: CertificateSigningRequestCondition["type"], certificate?: string): void {
    const condition = { type: type ?? "", status: "True", lastUpdateTime: now } as const;
    cluster.api.put<CertificateSigningRequest>(requests, {
      apiVersion: "certificates.k8s.io/v1",
      kind: "CertificateSigningRequest",
      metadata: { name, creationTimestamp: now },
      spec: { request: "", signerName: "example.com/x" },
      status: {
        ...(type === undefined ? {} : { conditions: [condition] }),
        ...(certificate === undefined ? {} : { certificate: Buffer.from(certificate).toString("base64") }),
      },
    });
  }
  put("pending");
  put("approved", "Approved");
  put("issued", "Approved", good);
  put("expired", "Approved", expired);
  put("denied", "Denied");
  put("failed", "Failed");
  const names = (): string[] =>
    cluster.api
      .all<CertificateSigningRequest>(requests)
      .map(({ metadata }) => metadata.name ?? "")
      .sort();
  await cluster.pass(hour);
  expect(names()).toEqual(["approved", "denied", "failed", "issued", "pending"]);
  await cluster.pass(hour);
  expect(names()).toEqual(["approved", "pending"]);
  await cluster.pass(22 * hour);
  expect(names()).toEqual(["approved", "pending"]);
  await cluster.pass(hour);
  // What was approved for a signer of somebody else's stays until that one signs it.
  expect(names()).toEqual(["approved"]);
});
