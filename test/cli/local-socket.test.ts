import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ConnectionFlags, resolveConnection } from "../../src/cli/kubeconfig/connection.ts";
import { RestClient } from "../../src/cli/rest/client.ts";
import { kubeconfigEntries, writeKubeconfig } from "../../src/server/kubeconfig.ts";
import { KlServer } from "../e2e/kl-server.ts";

describe("the socket of a kl on this machine", () => {
  const server = new KlServer({ args: ["--no-agent"] });
  const socket = join(server.dataDir, "kl.sock");
  beforeAll(async () => {
    // What a server that was killed leaves behind.
    writeFileSync(socket, "");
    await server.start();
  });
  afterAll(() => server.destroy());

  const connect = async (flags: ConnectionFlags = {}) =>
    new RestClient(await resolveConnection({ kubeconfig: server.kubeconfig, ...flags }, {}));
  const whoami = async (client: RestClient) => {
    const answer = await client.json<{ status: { userInfo: { username: string; groups: string[]; extra?: object } } }>({
      method: "POST",
      path: "/apis/authentication.k8s.io/v1/selfsubjectreviews",
      body: "{}",
    });
    client.close();
    return answer.status.userInfo;
  };

  it("is its owner's alone, who is the administrator there", async () => {
    expect(statSync(socket).isSocket()).toBe(true);
    expect(statSync(socket).mode & 0o777).toBe(0o600);
    const client = await connect();
    expect(client.connection.socket).toBe(socket);
    expect(await whoami(client)).toEqual({
      username: "kubernetes-admin",
      groups: ["system:masters", "system:authenticated"],
    });
  });

  it("is somebody else for whom is impersonated", async () => {
    expect(await whoami(await connect({ as: "jane" }))).toMatchObject({ username: "jane" });
  });

  it.each([
    { server: "https://127.0.0.1:1" },
    { token: "abc" },
    { clientCertificate: "/dev/null" },
    { certificateAuthority: "/dev/null" },
    { tlsServerName: "other" },
    { insecureSkipTlsVerify: true },
  ])("is not asked with %o", async (flags) => {
    expect((await connect(flags)).connection.socket).toBeUndefined();
  });

  it("is not asked for another server that the same user is shown to", async () => {
    const folder = mkdtempSync(join(tmpdir(), "kl-socket-"));
    try {
      const pair = { key: "key", cert: "cert" };
      const entries = kubeconfigEntries("https://127.0.0.1:1", { ca: pair, server: pair, admin: pair }, socket);
      const kubeconfig = join(folder, "config");
      await writeKubeconfig(kubeconfig, { ...entries, cluster: { ...entries.cluster, server: "https://other:2" } });
      expect((await resolveConnection({ kubeconfig }, {})).socket).toBeUndefined();
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("is gone around by TLS where nobody listens", async () => {
    const { connection } = await connect();
    const away = new RestClient({ ...connection, socket: join(server.dataDir, "nobody.sock") });
    expect(await whoami(away)).toMatchObject({ username: "kubernetes-admin", extra: expect.anything() });
  });

  it("speaks HTTP to who does not, and lets nobody change the protocol", async () => {
    const answer = await new Promise<{ code: number; upgraded: boolean }>((resolve, reject) => {
      const outgoing = request({
        socketPath: socket,
        path: "/version",
        headers: { connection: "Upgrade", upgrade: "SPDY/3.1" },
      });
      outgoing.on("response", ({ statusCode }) => resolve({ code: statusCode ?? 0, upgraded: false }));
      outgoing.on("upgrade", () => resolve({ code: 101, upgraded: true }));
      outgoing.on("error", reject);
      outgoing.end();
    });
    expect(answer).toEqual({ code: 200, upgraded: false });
  });

  it("goes with the server", async () => {
    await server.end("SIGTERM");
    expect(() => statSync(socket)).toThrow("ENOENT");
  });
});
