import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type BootstrapToken,
  defaultNodeTokenGroup,
  tokenSecret,
} from "../../../src/machinery/bootstrap/bootstrap-token.ts";
import type { Secret } from "../../../src/machinery/types/core/v1.ts";
import { FakeClock } from "../../fake-clock.ts";
import { type Answer, type Fixture, startApi } from "../fixture.ts";

const good: BootstrapToken = {
  id: "aaaaaa",
  secret: "0123456789abcdef",
  description: "",
  expiration: undefined,
  usages: ["authentication"],
  groups: [],
};

describe("bootstrap tokens over HTTPS", () => {
  const clock = new FakeClock("2026-06-01T00:00:00Z");
  let api: Fixture;
  let next = 0;
  beforeAll(async () => {
    api = await startApi({ clock });
  });
  afterAll(() => api.close());

  async function add(change: Partial<BootstrapToken> = {}, reshape = (secret: Secret) => secret): Promise<string> {
    const token = { ...good, id: `a${String(next++).padStart(5, "0")}`, ...change };
    const answer = await api.post("/api/v1/namespaces/kube-system/secrets", reshape(tokenSecret(token)));
    expect(answer.code).toBe(201);
    return `${token.id}.${token.secret}`;
  }

  const ask = (token: string, method = "GET", path = "/version/x", body?: object): Promise<Answer> =>
    api.ask(method, path, { identity: null, headers: { authorization: `Bearer ${token}` }, body });
  const whoAmI = (token: string): Promise<Answer> =>
    ask(token, "POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", {
      apiVersion: "authentication.k8s.io/v1",
      kind: "SelfSubjectReview",
    });

  it("are users of their own, with the groups that the Secret adds", async () => {
    const token = await add({ groups: [defaultNodeTokenGroup, "system:bootstrappers:a"] });
    const { code, body } = await whoAmI(token);
    expect(code).toBe(201);
    expect(body.status.userInfo).toEqual({
      username: `system:bootstrap:${token.slice(0, 6)}`,
      groups: ["system:bootstrappers", "system:bootstrappers:a", defaultNodeTokenGroup, "system:authenticated"],
    });
  });

  it("end when they expire", async () => {
    const token = await add({ expiration: "2026-06-01T00:10:00Z" });
    expect((await whoAmI(token)).code).toBe(201);
    clock.advance(10 * 60_000);
    expect((await whoAmI(token)).code).toBe(401);
  });

  it("end with their Secret", async () => {
    const token = await add();
    expect((await whoAmI(token)).code).toBe(201);
    await api.ask("DELETE", `/api/v1/namespaces/kube-system/secrets/bootstrap-token-${token.slice(0, 6)}`);
    expect((await whoAmI(token)).code).toBe(401);
  });

  it.each<[string, Partial<BootstrapToken>, ((secret: Secret) => Secret)?]>([
    ["not meant for it", { usages: ["signing"] }],
    ["with a time that is none", { expiration: "soon" }],
    ["with groups that are not theirs to give", { groups: ["system:masters"] }],
    ["of another type", {}, (secret) => ({ ...secret, type: "Opaque" })],
  ])("are refused: %s", async (_why, change, reshape) => {
    const token = await add(change, reshape);
    const answer = await whoAmI(token);
    expect([answer.code, answer.body.reason]).toEqual([401, "Unauthorized"]);
  });

  it("are refused with another secret, and where there is none", async () => {
    const token = await add();
    expect((await whoAmI(`${token.slice(0, 7)}fedcba9876543210`)).code).toBe(401);
    expect((await whoAmI("zzzzzz.0123456789abcdef")).code).toBe(401);
  });

  it("may ask for certificates and read what a node must know, and no more", async () => {
    const token = await add({ groups: [defaultNodeTokenGroup] });
    const get = async (path: string) => (await ask(token, "GET", path)).code;
    expect(await get("/apis/certificates.k8s.io/v1/certificatesigningrequests")).toBe(200);
    expect(await get("/api/v1/namespaces/kube-system/configmaps/kl-config")).toBe(404);
    expect(await get("/api/v1/nodes/a")).toBe(404);
    for (const path of [
      "/api/v1/namespaces/kube-system/secrets",
      "/api/v1/namespaces/kube-system/configmaps",
      "/api/v1/nodes",
      "/api/v1/pods",
    ]) {
      expect(await get(path)).toBe(403);
    }
  });

  it("without the group of kubeadm's tokens may not even ask", async () => {
    const token = await add();
    expect((await ask(token, "GET", "/apis/certificates.k8s.io/v1/certificatesigningrequests")).code).toBe(403);
  });

  it("the CA is given to everybody", async () => {
    const answer = await api.ask("GET", "/cacerts", { identity: null });
    expect([answer.code, answer.text]).toEqual([200, api.certificates.authority.cert]);
  });
});
