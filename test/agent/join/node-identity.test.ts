/** What the certificate of a joined node may see and change: its own, and nothing else. Each attempt is made over HTTPS. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { joinCluster } from "../../../src/agent/join/join.ts";
import type { NodeCertificate } from "../../../src/agent/link/types.ts";
import { defaultNodeTokenGroup, tokenSecret } from "../../../src/machinery/bootstrap/bootstrap-token.ts";
import { createCertificateRequest } from "../../../src/machinery/pki/certificate-request.ts";
import { pod } from "../../api/fixture.ts";
import { type JoinableCluster, startJoinable } from "./joinable-cluster.ts";

const core = "/api/v1";
const inDefault = `${core}/namespaces/default`;
const certificates = "/apis/certificates.k8s.io/v1/certificatesigningrequests";
const leases = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases";

describe("the certificate of a node", () => {
  let cluster: JoinableCluster;
  let directory: string;
  let identity: NodeCertificate;

  beforeAll(async () => {
    cluster = await startJoinable();
    directory = mkdtempSync(join(tmpdir(), "kl-node-"));
    const { url, clock } = cluster;
    const joining = joinCluster({ url, token: await cluster.token(), nodeName: "mine", directory, clock });
    identity = (await cluster.pass(joining)).certificate;
    const post = async (path: string, body: object): Promise<void> => {
      expect((await cluster.api.post(path, body)).code).toBe(201);
    };
    const secret = (name: string) => ({ apiVersion: "v1", kind: "Secret", metadata: { name }, data: {} });
    await post(`${core}/nodes`, { apiVersion: "v1", kind: "Node", metadata: { name: "other" } });
    for (const name of ["mine", "others"]) await post(`${inDefault}/secrets`, secret(name));
    await post(`${inDefault}/serviceaccounts`, { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "app" } });
    const lease = { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: { name: "other" } };
    await post(leases, lease);
    const volumes = (secretName: string) => [{ name: "v", secret: { secretName } }];
    const spec = { serviceAccountName: "app", automountServiceAccountToken: false };
    await post(`${inDefault}/pods`, pod("mine", { spec: { ...spec, nodeName: "mine", volumes: volumes("mine") } }));
    await post(`${inDefault}/pods`, pod("other", { spec: { ...spec, nodeName: "other", volumes: volumes("others") } }));
    const token = { id: "secret", secret: "0123456789abcdef", description: "", expiration: undefined };
    const more = { usages: ["authentication"], groups: [defaultNodeTokenGroup] };
    await post(`${core}/namespaces/kube-system/secrets`, tokenSecret({ ...token, ...more }));
  });
  afterAll(async () => {
    await cluster.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  const ask = async (method: string, path: string, body?: object, type = "application/json"): Promise<number> => {
    const headers = { "content-type": type };
    return (await cluster.api.ask(method, path, { identity, headers, ...(body ? { body } : {}) })).code;
  };
  const merge = "application/merge-patch+json";
  const node = (name: string) => ({ apiVersion: "v1", kind: "Node", metadata: { name } });
  const csr = (commonName: string) => ({
    apiVersion: "certificates.k8s.io/v1",
    kind: "CertificateSigningRequest",
    metadata: { generateName: "csr-" },
    spec: {
      request: Buffer.from(
        createCertificateRequest({ commonName, organizations: ["system:nodes"] }, identity.key),
      ).toString("base64"),
      signerName: "kubernetes.io/kube-apiserver-client-kubelet",
      usages: ["digital signature", "client auth"],
    },
  });

  it.each<[string, string, () => object | undefined, string?]>([
    ["POST", `${core}/nodes`, () => node("mine")],
    ["GET", `${core}/nodes/mine`, () => undefined],
    ["PATCH", `${core}/nodes/mine/status`, () => ({ status: { phase: "Running" } }), merge],
    ["GET", `${core}/pods?fieldSelector=spec.nodeName%3Dmine`, () => undefined],
    ["GET", `${inDefault}/pods/mine`, () => undefined],
    ["PATCH", `${inDefault}/pods/mine/status`, () => ({ status: { phase: "Running" } }), merge],
    ["GET", `${inDefault}/secrets/mine`, () => undefined],
    ["GET", `${core}/services`, () => undefined],
    ["GET", `${core}/namespaces/kube-system/configmaps/kl-config`, () => undefined],
    ["POST", leases, () => ({ apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: { name: "mine" } })],
    ["POST", certificates, () => csr("system:node:mine")],
  ])("may: %s %s", async (method, path, body, type) => {
    expect([200, 201]).toContain(await ask(method, path, body(), type));
  });

  it.each<[string, string, () => object | undefined, string?]>([
    ["GET", `${core}/nodes/other`, () => undefined],
    ["GET", `${core}/nodes`, () => undefined],
    ["POST", `${core}/nodes`, () => node("third")],
    ["PATCH", `${core}/nodes/other`, () => ({ metadata: { labels: { a: "b" } } }), merge],
    ["PATCH", `${core}/nodes/other/status`, () => ({ status: { phase: "Running" } }), merge],
    ["PATCH", `${core}/nodes/mine`, () => ({ spec: { taints: [{ key: "a", effect: "NoSchedule" }] } }), merge],
    ["DELETE", `${core}/nodes/other`, () => undefined],
    ["DELETE", `${core}/nodes/mine`, () => undefined],
    ["GET", `${core}/pods`, () => undefined],
    ["GET", `${core}/pods?fieldSelector=spec.nodeName%3Dother`, () => undefined],
    ["GET", `${inDefault}/pods/other`, () => undefined],
    ["PATCH", `${inDefault}/pods/other/status`, () => ({ status: { phase: "Failed" } }), merge],
    ["DELETE", `${inDefault}/pods/other`, () => undefined],
    ["POST", `${inDefault}/pods`, () => pod("sneaky", { spec: { nodeName: "mine" } })],
    ["PATCH", `${inDefault}/pods/mine`, () => ({ metadata: { labels: { a: "b" } } }), merge],
    ["POST", `${inDefault}/pods/mine/exec?command=sh`, () => undefined],
    ["GET", `${inDefault}/secrets/others`, () => undefined],
    ["GET", `${inDefault}/secrets`, () => undefined],
    ["GET", `${core}/secrets`, () => undefined],
    ["GET", `${core}/namespaces/kube-system/secrets/bootstrap-token-secret`, () => undefined],
    ["GET", `${core}/namespaces/kube-system/configmaps`, () => undefined],
    [
      "PATCH",
      `${core}/namespaces/kube-system/configmaps/kl-config`,
      () => ({ data: { server: "https://evil" } }),
      merge,
    ],
    ["GET", `${leases}/other`, () => undefined],
    ["PATCH", `${leases}/other`, () => ({ spec: { holderIdentity: "mine" } }), merge],
    ["GET", `${core}/serviceaccounts`, () => undefined],
    ["GET", "/apis/rbac.authorization.k8s.io/v1/clusterroles", () => undefined],
    ["GET", "/metrics", () => undefined],
  ])("may not: %s %s", async (method, path, body, type) => {
    expect(await ask(method, path, body(), type)).toBe(403);
  });

  it("approves and signs nothing, not even its own", async () => {
    const answer = await cluster.api.ask("POST", certificates, { identity, body: csr("system:node:other") });
    expect(answer.code).toBe(201);
    const { name } = answer.body.metadata;
    const approved = { ...answer.body, status: { conditions: [{ type: "Approved", status: "True", reason: "me" }] } };
    expect(await ask("PUT", `${certificates}/${name}/approval`, approved)).toBe(403);
    expect(await ask("PUT", `${certificates}/${name}/status`, answer.body)).toBe(403);
    await cluster.clock.run(30_000);
    const { body } = await cluster.api.get(`${certificates}/${name}`);
    expect(body.status).toEqual({});
  });

  it("becomes nobody else by impersonation, and no other by an organization it does not have", async () => {
    const headers = { "impersonate-user": "kubernetes-admin", "impersonate-group": "system:masters" };
    expect((await cluster.api.ask("GET", `${core}/nodes`, { identity, headers })).code).toBe(403);
    const forged = await cluster.api.certificates.client("system:node:other", []);
    expect((await cluster.api.ask("GET", `${core}/nodes/other`, { identity: forged })).code).toBe(403);
  });
});
