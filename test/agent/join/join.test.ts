import { X509Certificate } from "node:crypto";
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { createServer, type Server } from "node:https";
import { type AddressInfo, createServer as createPlainServer, type Server as PlainServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ensureMembership, type MembershipOptions } from "../../../src/agent/join/ensure-membership.ts";
import { type Membership, readMembership } from "../../../src/agent/join/membership.ts";
import { keepCertificate, renewalTime } from "../../../src/agent/join/renewal.ts";
import type { NodeCertificate } from "../../../src/agent/link/types.ts";
import { silentLogger } from "../../../src/machinery/logger.ts";
import type { CertificateSigningRequest } from "../../../src/machinery/types/certificates/v1.ts";
import type { ClusterRoleBinding } from "../../../src/machinery/types/rbac/v1.ts";
import { testCertificates } from "../../api/certificates.ts";
import { type JoinableCluster, startJoinable } from "./joinable-cluster.ts";

const requests = { group: "certificates.k8s.io", version: "v1", resource: "certificatesigningrequests" };
const day = 86_400_000;

let cluster: JoinableCluster;
let directory: string;
beforeAll(async () => {
  cluster = await startJoinable();
});
afterAll(() => cluster.stop());
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "kl-join-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

let next = 0;
const ensure = (options: Partial<MembershipOptions> = {}): Promise<Membership> =>
  cluster.pass(ensureMembership({ defaultNodeName: `n${next++}`, directory, clock: cluster.clock, ...options }));
const joined = async (options: Partial<MembershipOptions> = {}): Promise<Membership> =>
  ensure({ url: cluster.url, token: await cluster.token(), ...options });

/** The one line that a user would see. */
async function refusal(attempt: Promise<unknown>): Promise<string> {
  const error = await attempt.then(
    () => undefined,
    (thrown: unknown) => thrown as Error,
  );
  expect(error?.name).toBe("JoinError");
  expect(error?.message).not.toContain("\n");
  expect(readdirSync(directory)).toEqual([]);
  return error?.message ?? "";
}

describe("joining", () => {
  it("gives the host a certificate of its own, and needs no token from then on", async () => {
    const membership = await joined({ nodeName: "alpha" });
    expect(membership).toMatchObject({ nodeName: "alpha", server: cluster.url, clusterId: "the-cluster" });
    const certificate = new X509Certificate(membership.certificate.cert);
    expect(certificate.subject).toBe("O=system:nodes\nCN=system:node:alpha");
    expect(certificate.verify(new X509Certificate(membership.ca).publicKey)).toBe(true);
    expect(statSync(join(directory, "pki")).mode & 0o777).toBe(0o700);
    expect(statSync(join(directory, "pki", "node.pem")).mode & 0o777).toBe(0o600);
    const me = await cluster.api.ask("GET", "/api/v1/nodes/alpha", { identity: membership.certificate });
    expect(me.code).toBe(404);
    const asked = await cluster.client.resource<CertificateSigningRequest>(requests).list();
    expect(await ensure({ nodeName: "alpha" })).toEqual(membership);
    expect(await ensure()).toEqual(membership);
    expect((await cluster.client.resource<CertificateSigningRequest>(requests).list()).items).toHaveLength(
      asked.items.length,
    );
  });

  it("follows the server to another address", async () => {
    const membership = await joined();
    const url = cluster.url.replace("127.0.0.1", "localhost");
    expect(await ensure({ url })).toEqual({ ...membership, server: url });
    expect((await readMembership(directory))?.server).toBe(url);
  });

  it("takes many at once", async () => {
    const token = await cluster.token();
    const folders = Array.from({ length: 20 }, (_, index) => join(directory, String(index)));
    const all = await Promise.all(
      folders.map((folder, index) =>
        ensure({ url: cluster.url, token, nodeName: `crowd-${index}`, directory: folder }),
      ),
    );
    expect(new Set(all.map(({ certificate }) => new X509Certificate(certificate.cert).subject)).size).toBe(20);
  });

  it("waits for somebody where nothing approves by itself", async () => {
    const waiting: string[] = [];
    const membership = await withoutApproval(() =>
      joined({
        onWaiting: (name) => {
          waiting.push(name);
          void decide(name, "Approved");
        },
      }),
    );
    expect(waiting).toHaveLength(1);
    expect(membership.certificate.cert).toContain("BEGIN CERTIFICATE");
  });
});

/** While nothing is approved by itself. */
async function withoutApproval<T>(attempt: () => Promise<T>): Promise<T> {
  const bindings = { group: "rbac.authorization.k8s.io", version: "v1", resource: "clusterrolebindings" };
  const resource = cluster.client.resource<ClusterRoleBinding>(bindings);
  const { metadata, roleRef, subjects = [] } = await resource.delete("kubeadm:node-autoapprove-bootstrap");
  try {
    return await attempt();
  } finally {
    const kind = { apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRoleBinding" };
    await resource.create({ ...kind, roleRef, subjects, metadata: { name: metadata.name ?? "" } });
  }
}

async function decide(name: string, type: "Approved" | "Denied"): Promise<void> {
  const resource = cluster.client.resource<CertificateSigningRequest>(requests);
  const conditions = [{ type, status: "True", reason: "Test", message: "because of the test" } as const];
  await resource.update({ ...(await resource.get(name)), status: { conditions } }, { subresource: "approval" });
}

describe("joining is refused in one line", () => {
  it("without where and what", async () => {
    expect(await refusal(ensure())).toContain("--join https://HOST:PORT is needed");
    expect(await refusal(ensure({ url: cluster.url }))).toContain("--token is needed");
    expect(await refusal(ensure({ url: cluster.url, token: "abc" }))).toContain("the token is not whole");
  });

  it("by a token of another CA, before anything is told to the server", async () => {
    const token = (await cluster.token()).replace(/^kl.{64}/, `kl${"ab".repeat(32)}`);
    expect(await refusal(ensure({ url: cluster.url, token }))).toContain("is not the one that the token is for");
  });

  it("by a token that has expired or never was", async () => {
    const expiration = new Date(cluster.clock.now() - 1000).toISOString();
    const message = "the server does not take the token (any more): make a new one";
    expect(await refusal(joined({ token: await cluster.token({ expiration }) }))).toContain(message);
    const token = (await cluster.token()).replace(/\.[^.]+\.[^.]+$/, ".zzzzzz.0123456789abcdef");
    expect(await refusal(joined({ token }))).toContain(message);
  });

  it("by a token that is not for nodes", async () => {
    const token = await cluster.token({ groups: ["system:bootstrappers:others"] });
    expect(await refusal(joined({ token }))).toMatch(/^the token may not be used to join: .*is forbidden/);
  });

  it("under the name of a node that is Ready", async () => {
    const nodes = { group: "", version: "v1", resource: "nodes" };
    const node = { apiVersion: "v1", kind: "Node", metadata: { name: "taken" } };
    await cluster.client.resource(nodes).create(node);
    const status = { conditions: [{ type: "Ready", status: "True" }] };
    await cluster.client
      .resource(nodes)
      .patch("taken", { type: "merge", patch: { status } }, { subresource: "status" });
    expect(await refusal(joined({ nodeName: "taken" }))).toContain("a node taken is in the cluster already and Ready");
  });

  it("when the request is denied", async () => {
    const attempt = withoutApproval(() => joined({ onWaiting: (name) => void decide(name, "Denied") }));
    expect(await refusal(attempt)).toMatch(/^the request for a certificate csr-\w+ was denied: because of the test$/);
  });

  it("where nothing listens, where it is no server, where it is no TLS, and under another name", async () => {
    const token = await cluster.token();
    const plain: PlainServer = createPlainServer((socket) => socket.end("SSH-2.0-x\r\n"));
    const { serving } = cluster.api.certificates;
    const other: Server = createServer(await testCertificates().then((made) => made.serving), (_request, response) => {
      response.writeHead(404).end("404 page not found\n");
    });
    const elsewhere: Server = createServer(serving, (request, response) => {
      response.writeHead(200).end(request.url === "/cacerts" ? cluster.api.certificates.authority.cert : "{}");
    });
    const listen = (server: Server | PlainServer, host: string): Promise<string> =>
      new Promise((resolve) => {
        server.listen(0, host, () => resolve(`https://${host}:${(server.address() as AddressInfo).port}`));
      });
    try {
      const noTls = await listen(plain, "127.0.0.1");
      expect(await refusal(ensure({ url: noTls, token }))).toContain("does not speak HTTPS; is the port right?");
      const noServer = await listen(other, "127.0.0.1");
      expect(await refusal(ensure({ url: noServer, token }))).toContain("is no kl server");
      const noName = await listen(elsewhere, "127.0.0.2");
      expect(await refusal(ensure({ url: noName, token }))).toContain("start the server with --tls-san 127.0.0.2");
    } finally {
      plain.close();
      other.close();
      elsewhere.close();
    }
    const nothing = await refusal(ensure({ url: "https://127.0.0.1:1", token }));
    expect(nothing).toContain(
      "the connection was refused; is kl server running there, and started with --bind-address",
    );
    expect(await refusal(ensure({ url: "https://no-such-host.invalid:6443", token }))).toMatch(
      /is not known here|no answer/,
    );
  });
});

describe("coming back is refused in one line", () => {
  const wrong = async (options: Partial<MembershipOptions>): Promise<string> => {
    const error = await ensure(options).catch((thrown: unknown) => thrown as Error);
    expect((error as Error).name).toBe("JoinError");
    return (error as Error).message;
  };

  it("as another node or of another cluster", async () => {
    const { nodeName } = await joined();
    expect(await wrong({ nodeName: "other" })).toContain(`this host is the node ${nodeName} already`);
    const token = (await cluster.token()).replace(/^kl.{64}/, `kl${"ab".repeat(32)}`);
    expect(await wrong({ token })).toContain("a node of another cluster");
  });

  it("when the certificate has ended, unless there is a token", async () => {
    const { nodeName } = await joined();
    const { clock } = cluster;
    const { after, elapsed } = clock;
    const ended = { now: () => clock.now() + 400 * day, after: after.bind(clock), elapsed: elapsed.bind(clock) };
    expect(await wrong({ clock: ended })).toMatch(/ended on 20..-.*: join again with --token/);
    const again = await ensure({ clock: ended, token: await cluster.token() });
    expect(again.nodeName).toBe(nodeName);
  });
});

describe("renewal", () => {
  // Its time runs ahead.
  let own: JoinableCluster;
  let shared: JoinableCluster;
  let failures: unknown[];
  beforeEach(async () => {
    failures = [];
    shared = cluster;
    own = await startJoinable();
    cluster = own;
  });
  afterEach(async () => {
    cluster = shared;
    await own.stop();
  });

  const log = { ...silentLogger, warn: (fields: unknown) => void failures.push(fields) };

  async function until(done: () => boolean): Promise<void> {
    await expect
      .poll(
        async () => {
          await own.clock.run(250);
          return done();
        },
        { timeout: 10_000, interval: 5 },
      )
      .toBe(true);
  }

  /** ms */
  function lifeOf(cert: string): { from: number; life: number } {
    const { validFromDate, validToDate } = new X509Certificate(cert);
    return { from: validFromDate.getTime(), life: validToDate.getTime() - validFromDate.getTime() };
  }

  it("comes between 70 and 90 % of the certificate's life", async () => {
    const { certificate } = await joined();
    const { from, life } = lifeOf(certificate.cert);
    expect((renewalTime(certificate.cert, 0) - from) / life).toBeCloseTo(0.7);
    expect((renewalTime(certificate.cert, 1) - from) / life).toBeCloseTo(0.9);
  });

  it("is done by the node itself, with a new key, again and again", async () => {
    const { clock } = own;
    const { nodeName, ca, certificate } = await joined();
    const renewals: NodeCertificate[] = [];
    const renewed = async (next: NodeCertificate): Promise<void> => void renewals.push(next);
    const stop = keepCertificate({ url: own.url, ca, nodeName, certificate, renewed, clock, log, jitter: 0.5 });
    try {
      const { from, life } = lifeOf(certificate.cert);
      await clock.run(from + 0.79 * life - clock.now());
      expect(renewals).toHaveLength(0);
      await clock.run(0.02 * life);
      await until(() => renewals.length === 1);
      const [first] = renewals;
      expect(first?.key).not.toBe(certificate.key);
      expect(new X509Certificate(first?.cert ?? "").subject).toBe(`O=system:nodes\nCN=system:node:${nodeName}`);
      const all = (await own.client.resource<CertificateSigningRequest>(requests).list()).items;
      const last = all.find(({ spec }) => spec.username === `system:node:${nodeName}`);
      expect(last?.status?.conditions?.[0]?.message).toContain("Auto approving self kubelet client certificate");
      expect(failures).toEqual([]);
    } finally {
      stop();
    }
  });

  it("is tried again when the server is away, until it is ended", async () => {
    const { clock } = own;
    const { nodeName, ca, certificate } = await joined();
    const renewed = (): Promise<void> => Promise.reject(new Error("there is nothing to renew with"));
    const url = "https://127.0.0.1:1";
    const stop = keepCertificate({ url, ca, nodeName, certificate, renewed, clock, log, jitter: 0 });
    const { from, life } = lifeOf(certificate.cert);
    await clock.run(from + 0.71 * life - clock.now());
    await until(() => failures.length >= 3);
    stop();
    const before = failures.length;
    await clock.run(3_600_000);
    expect(failures.length).toBe(before);
  });
});
