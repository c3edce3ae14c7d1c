import { generateKeyPairSync, X509Certificate } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createInformerFactory } from "../../../src/api/client/factory.ts";
import type { InformerFactory } from "../../../src/api/client/types.ts";
import { controllerUser, type RunningControllers, startControllers } from "../../../src/ctrl/index.ts";
import { controllers } from "../../../src/ctrl/registry.ts";
import { defaultNodeTokenGroup, tokenSecret } from "../../../src/machinery/bootstrap/bootstrap-token.ts";
import { silentLogger } from "../../../src/machinery/logger.ts";
import { createCertificateRequest } from "../../../src/machinery/pki/certificate-request.ts";
import { CertificateSigner } from "../../../src/server/pki/certificate-signer.ts";
import { type Answer, type Fixture, startApi } from "../../api/fixture.ts";
import { kubectls, runClient } from "../../clients/kubectl.ts";
import { FakeClock } from "../../fake-clock.ts";

const path = "/apis/certificates.k8s.io/v1/certificatesigningrequests";
const nodeSigner = "kubernetes.io/kube-apiserver-client-kubelet";
const clientSigner = "kubernetes.io/kube-apiserver-client";
const names = ["csrapproving", "csrsigning"];
const token = { id: "abcdef", secret: "0123456789abcdef" };
const bearer = { identity: null, headers: { authorization: `Bearer ${token.id}.${token.secret}` } };

const newKey = (): string =>
  generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ type: "pkcs8", format: "pem" }).toString();

interface Wish {
  readonly commonName?: string;
  readonly organizations?: readonly string[];
  readonly signerName?: string;
  readonly usages?: readonly string[];
  readonly expirationSeconds?: number;
}

describe("certificate requests", () => {
  // From now on, since certificates are judged by the machine's clock in TLS.
  const clock = new FakeClock(Date.now());
  const key = newKey();
  let api: Fixture;
  let informers: InformerFactory;
  let running: RunningControllers;
  let signer: CertificateSigner;
  let clients: string[];
  let next = 0;

  beforeAll(async () => {
    clients = await kubectls();
    api = await startApi({ clock });
    signer = new CertificateSigner(api.certificates.authority, clock);
    informers = createInformerFactory({
      client: api.api.client({ name: "system:kube-controller-manager", groups: ["system:authenticated"] }),
      clock,
      log: silentLogger,
    });
    running = await startControllers({
      client: (account) => api.api.client(controllerUser(account)),
      informers,
      events: () => ({ event: () => undefined }),
      clock,
      log: silentLogger,
      definitions: () => [],
      rootCertificate: api.certificates.authority.cert,
      signCertificate: (order) => signer.sign(order),
      disable: controllers.map(({ name }) => name).filter((name) => !names.includes(name)),
    });
    const parts = { ...token, description: "", expiration: undefined, usages: ["authentication"] };
    const secret = tokenSecret({ ...parts, groups: [defaultNodeTokenGroup] });
    expect((await api.post("/api/v1/namespaces/kube-system/secrets", secret)).code).toBe(201);
  });
  afterAll(async () => {
    await running.stop();
    await informers.stop();
    await signer.close();
    await api.close();
  });

  function csr(wish: Wish = {}) {
    const { commonName = "system:node:a", organizations = ["system:nodes"], signerName = nodeSigner } = wish;
    const { usages = ["digital signature", "client auth"], expirationSeconds } = wish;
    return {
      apiVersion: "certificates.k8s.io/v1",
      kind: "CertificateSigningRequest",
      metadata: { name: `csr-${next++}` },
      spec: {
        request: Buffer.from(createCertificateRequest({ commonName, organizations }, key)).toString("base64"),
        signerName,
        usages,
        ...(expirationSeconds === undefined ? {} : { expirationSeconds }),
      },
    };
  }

  async function until(name: string, done: (body: Answer["body"]) => boolean): Promise<Answer["body"]> {
    let body: Answer["body"];
    await expect
      .poll(
        async () => {
          await clock.run(1000);
          body = (await api.get(`${path}/${name}`)).body;
          return done(body);
        },
        { timeout: 5000, interval: 10 },
      )
      .toBe(true);
    return body;
  }

  const issued = (name: string) => until(name, ({ status }) => status?.certificate !== undefined);
  const certificateOf = (body: Answer["body"]) => new X509Certificate(Buffer.from(body.status.certificate, "base64"));
  const types = (body: Answer["body"]): string[] =>
    (body.status?.conditions ?? []).map((c: { type: string }) => c.type);

  it("of a join token for a node is approved, signed and good for the API", async () => {
    const request = csr();
    const created = await api.ask("POST", path, { ...bearer, body: request });
    expect(created.code).toBe(201);
    expect(created.body.spec).toMatchObject({ username: "system:bootstrap:abcdef" });
    expect(created.body.spec.groups).toContain(defaultNodeTokenGroup);
    const body = await issued(request.metadata.name);
    expect(body.status.conditions).toEqual([
      expect.objectContaining({
        type: "Approved",
        status: "True",
        reason: "AutoApproved",
        message: "Auto approving kubelet client certificate after SubjectAccessReview.",
      }),
    ]);
    const cert = Buffer.from(body.status.certificate, "base64").toString();
    const certificate = certificateOf(body);
    expect(certificate.subject).toBe("O=system:nodes\nCN=system:node:a");
    const identity = { key, cert };
    const me = await api.ask("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", {
      identity,
      body: { apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" },
    });
    expect(me.body.status.userInfo).toMatchObject({
      username: "system:node:a",
      groups: ["system:nodes", "system:authenticated"],
    });

    // The node renews with its own identity.
    const renewal = csr();
    expect((await api.ask("POST", path, { identity, body: renewal })).code).toBe(201);
    const renewed = await issued(renewal.metadata.name);
    expect(renewed.status.conditions[0].message).toBe(
      "Auto approving self kubelet client certificate after SubjectAccessReview.",
    );
    // And gets no certificate for another one.
    const other = csr({ commonName: "system:node:b" });
    expect((await api.ask("POST", path, { identity, body: other })).code).toBe(201);
    await clock.run(60_000);
    expect(types((await api.get(`${path}/${other.metadata.name}`)).body)).toEqual([]);
  });

  it.each<[string, Wish]>([
    ["another common name", { commonName: "kubernetes-admin" }],
    ["another organization", { organizations: ["system:masters"] }],
    ["one organization more", { organizations: ["system:nodes", "system:masters"] }],
    ["another use", { usages: ["digital signature", "server auth"] }],
    ["one use more", { usages: ["digital signature", "client auth", "server auth"] }],
    ["another signer", { signerName: "kubernetes.io/kubelet-serving" }],
  ])("of a join token for anything else waits for somebody: %s", async (_what, wish) => {
    const request = csr(wish);
    expect((await api.ask("POST", path, { ...bearer, body: request })).code).toBe(201);
    await clock.run(60_000);
    const { body } = await api.get(`${path}/${request.metadata.name}`);
    expect([types(body), body.status.certificate]).toEqual([[], undefined]);
  });

  it("that was approved but is not what its signer signs has failed", async () => {
    const request = csr({ organizations: ["system:masters"] });
    await api.post(path, request);
    const approved = { ...(await api.get(`${path}/${request.metadata.name}`)).body };
    approved.status = { conditions: [{ type: "Approved", status: "True", reason: "x" }] };
    expect((await api.ask("PUT", `${path}/${request.metadata.name}/approval`, { body: approved })).code).toBe(200);
    const body = await until(request.metadata.name, (now) => types(now).includes("Failed"));
    expect(body.status.conditions[1]).toMatchObject({
      reason: "SignerValidationFailure",
      message: "subject organization is not system:nodes",
    });
    expect(body.status.certificate).toBeUndefined();
  });

  it("keeps the time that was asked for", async () => {
    const request = csr({ expirationSeconds: 1800 });
    await api.ask("POST", path, { ...bearer, body: request });
    const certificate = certificateOf(await issued(request.metadata.name));
    expect(Math.abs(certificate.validToDate.getTime() - clock.now() - 1_800_000)).toBeLessThan(120_000);
  });

  it("is approved and denied by kubectl, and shown in its columns", async () => {
    for (const kubectl of clients) {
      const run = async (...args: string[]) => {
        const { code, stdout, stderr } = await runClient(kubectl, args, { kubeconfig: api.kubeconfig });
        expect([code, stderr]).toEqual([0, ""]);
        return stdout;
      };
      const yes = csr({
        commonName: "jane",
        organizations: ["dev"],
        signerName: clientSigner,
        expirationSeconds: 86_400,
      });
      const no = csr({ commonName: "joe", organizations: [], signerName: clientSigner });
      await api.post(path, yes);
      await api.post(path, no);
      const [a, b] = [yes.metadata.name, no.metadata.name];
      expect(await run("certificate", "approve", a)).toBe(
        `certificatesigningrequest.certificates.k8s.io/${a} approved\n`,
      );
      expect(await run("certificate", "deny", b)).toBe(`certificatesigningrequest.certificates.k8s.io/${b} denied\n`);
      const body = await issued(a);
      expect(certificateOf(body).subject).toBe("O=dev\nCN=jane");
      expect(body.status.conditions[0]).toMatchObject({ type: "Approved", reason: "KubectlApprove" });
      expect(body.status.conditions[0].lastUpdateTime).toBeDefined();
      expect(types((await api.get(`${path}/${b}`)).body)).toEqual(["Denied"]);
      const table = (await run("get", "csr", a, b)).split("\n");
      expect(table[0]).toMatch(/^NAME +AGE +SIGNERNAME +REQUESTOR +REQUESTEDDURATION +CONDITION$/);
      expect(table[1]).toMatch(new RegExp(`^${a} .* ${clientSigner} +kubernetes-admin +24h +Approved,Issued$`));
      expect(table[2]).toMatch(new RegExp(`^${b} .* ${clientSigner} +kubernetes-admin +<none> +Denied$`));
      // What was decided cannot be turned.
      const turned = await runClient(kubectl, ["certificate", "deny", a], { kubeconfig: api.kubeconfig });
      expect(turned.code).not.toBe(0);
    }
  }, 30_000);
});
