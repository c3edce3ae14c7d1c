/** CertificateSigningRequests as kube-apiserver keeps them: pkg/registry/certificates/certificates and its validation. */
import { generateKeyPairSync } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createCertificateRequest } from "../../src/machinery/pki/certificate-request.ts";
import { type Answer, type Fixture, startApi } from "./fixture.ts";

const path = "/apis/certificates.k8s.io/v1/certificatesigningrequests";
const key = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ type: "pkcs8", format: "pem" });
const pem = createCertificateRequest({ commonName: "jane", organizations: ["dev"] }, key.toString());
const request = Buffer.from(pem).toString("base64");

/** Says another name than what was signed. */
const der = Buffer.from(pem.replace(/-----[^-]+-----/g, ""), "base64");
der.write("joan", der.indexOf("jane"), "latin1");
const forged = `-----BEGIN CERTIFICATE REQUEST-----\n${der.toString("base64")}\n-----END CERTIFICATE REQUEST-----\n`;

describe("certificate signing requests", () => {
  let api: Fixture;
  let certificate: string;
  let next = 0;
  beforeAll(async () => {
    api = await startApi();
    certificate = Buffer.from(api.certificates.admin.cert).toString("base64");
  });
  afterAll(() => api.close());

  const csr = (spec: object = {}) => ({
    apiVersion: "certificates.k8s.io/v1",
    kind: "CertificateSigningRequest",
    metadata: { name: `r${next++}` },
    spec: { request, signerName: "example.com/signer", usages: ["client auth"], ...spec },
  });
  async function made(): Promise<Answer["body"]> {
    const answer = await api.post(path, csr());
    expect(answer.code).toBe(201);
    return answer.body;
  }
  const put = (object: Answer["body"], subresource: string, change: object): Promise<Answer> =>
    api.ask("PUT", `${path}/${object.metadata.name}${subresource}`, { body: { ...object, ...change } });
  const condition = (type: string, status = "True") => ({ type, status, reason: "Test" });
  const causes = ({ code, body }: Answer): string[] => {
    expect(code).toBe(422);
    return body.details.causes.map((cause: { field: string; message: string }) => `${cause.field}: ${cause.message}`);
  };

  it("know who asks, whatever is said of it, and begin without a status", async () => {
    const said = { username: "somebody", groups: ["system:masters"], uid: "x", extra: { a: ["b"] } };
    const answer = await api.post(path, { ...csr(said), status: { conditions: [condition("Approved")] } });
    expect(answer.code).toBe(201);
    const { username, groups, uid, extra } = answer.body.spec;
    expect([username, groups, uid, extra]).toEqual([
      "kubernetes-admin",
      ["system:masters", "system:authenticated"],
      undefined,
      { "authentication.kubernetes.io/credential-id": [expect.stringMatching(/^X509SHA256=[\da-f]{64}$/)] },
    ]);
    expect(answer.body.status).toEqual({});
  });

  it.each<[object, string]>([
    [{ request: "" }, "spec.request: Invalid value"],
    [{ request: Buffer.from("nonsense").toString("base64") }, "PEM block type must be CERTIFICATE REQUEST"],
    [{ request: Buffer.from(forged).toString("base64") }, "x509: ECDSA verification failure"],
    [{ usages: [] }, "spec.usages: Required value"],
    [
      { usages: ["world peace"] },
      'spec.usages[0]: Unsupported value: "world peace": supported values: "any", "cert sign"',
    ],
    [{ usages: ["any", "any"] }, 'spec.usages[1]: Duplicate value: "any"'],
    [{ signerName: "" }, "spec.signerName: Required value"],
    [{ signerName: "signer" }, "must be a fully qualified domain and path of the form 'example.com/signer-name'"],
    [{ signerName: "example/signer" }, "should be a domain with at least two segments separated by dots"],
    [{ signerName: "kubernetes.io/legacy-unknown" }, "the legacy signerName is not allowed via this API version"],
    [{ expirationSeconds: 599 }, "may not specify a duration less than 600 seconds (10 minutes)"],
  ])("are refused: %j", async (spec, message) => {
    expect(causes(await api.post(path, csr(spec))).join("\n")).toContain(message);
  });

  it("cannot be changed in what they ask for", async () => {
    const object = await made();
    const answer = await put(object, "", { spec: { ...object.spec, usages: ["server auth"], username: "x" } });
    expect([answer.code, answer.body.spec]).toEqual([200, object.spec]);
    const approval = await put(answer.body, "/approval", { spec: { ...object.spec, usages: ["any"] } });
    expect([approval.code, approval.body.spec]).toEqual([200, object.spec]);
  });

  it("are approved through approval alone, and stay approved", async () => {
    const object = await made();
    const conditions = [condition("Approved")];
    const main = await put(object, "", { status: { conditions } });
    expect([main.code, main.body.status]).toEqual([200, {}]);
    expect(causes(await put(object, "/status", { status: { conditions } }))).toEqual([
      'status.conditions: Forbidden: updates may not add a condition of type "Approved"',
    ]);
    const approved = await put(object, "/approval", { status: { conditions, certificate } });
    expect(approved.code).toBe(200);
    expect(approved.body.status).toEqual({
      conditions: [{ ...conditions[0], lastUpdateTime: expect.any(String), lastTransitionTime: expect.any(String) }],
    });
    expect(causes(await put(approved.body, "/approval", { status: {} }))).toEqual([
      'status.conditions: Forbidden: updates may not remove a condition of type "Approved"',
    ]);
    const both = await put(approved.body, "/approval", {
      status: { conditions: [...conditions, condition("Denied")] },
    });
    expect(causes(both)).toEqual([
      'status.conditions[1].type: Invalid value: "Denied": Approved and Denied conditions are mutually exclusive',
    ]);
    const changed = [{ ...condition("Approved"), reason: "Other" }];
    const kept = await put(approved.body, "/status", { status: { conditions: changed } });
    expect([kept.code, kept.body.status.conditions[0].reason]).toEqual([200, "Test"]);
  });

  it.each<[object, string]>([
    [
      condition("Approved", "False"),
      'status.conditions[0].status: Unsupported value: "False": supported values: "True"',
    ],
    [condition("Mine", "Perhaps"), 'supported values: "False", "True", "Unknown"'],
    [condition(""), "status.conditions[0].type: Required value"],
  ])("refuse the condition %j", async (wrong, message) => {
    const answer = await put(await made(), "/approval", { status: { conditions: [wrong] } });
    expect(causes(answer).join("\n")).toContain(message);
  });

  it("get their certificate through status alone, once, and only a certificate", async () => {
    const object = await made();
    const approval = await put(object, "/approval", { status: { certificate } });
    expect([approval.code, approval.body.status]).toEqual([200, {}]);
    const nonsense = Buffer.from("nonsense").toString("base64");
    expect(causes(await put(approval.body, "/status", { status: { certificate: nonsense } }))).toEqual([
      'status.certificate: Invalid value: "<certificate data>": must contain at least one CERTIFICATE PEM block',
    ]);
    const keyText = Buffer.from(key.toString()).toString("base64");
    expect(causes(await put(approval.body, "/status", { status: { certificate: keyText } }))[0]).toContain(
      "only CERTIFICATE PEM blocks are allowed, found",
    );
    const issued = await put(approval.body, "/status", { status: { certificate } });
    expect([issued.code, issued.body.status]).toEqual([200, { certificate }]);
    const other = Buffer.from(api.certificates.authority.cert).toString("base64");
    expect(causes(await put(issued.body, "/status", { status: { certificate: other } }))).toEqual([
      "status.certificate: Forbidden: updates may not modify existing certificate content",
    ]);
  });

  it("can be patched and read through approval", async () => {
    const { metadata } = await made();
    const patched = await api.ask("PATCH", `${path}/${metadata.name}/approval`, {
      headers: { "content-type": "application/merge-patch+json" },
      body: { status: { conditions: [condition("Denied")] } },
    });
    expect([patched.code, patched.body.status.conditions[0].type]).toEqual([200, "Denied"]);
    const managers = patched.body.metadata.managedFields.map((entry: { subresource?: string }) => entry.subresource);
    expect(managers).toContain("approval");
    expect((await api.get(`${path}/${metadata.name}/approval`)).body).toEqual(patched.body);
    expect((await api.ask("DELETE", `${path}/${metadata.name}/approval`)).code).toBe(405);
  });
});
