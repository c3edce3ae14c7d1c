/** https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/ and KEP-1205. */
import { createPublicKey, generateKeyPairSync, verify } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { systemClock } from "../../../src/machinery/clock.ts";
import { type Answer, type Fixture, pod, startApi } from "../fixture.ts";

let api: Fixture;
let skew = 0;
beforeAll(async () => {
  api = await startApi({
    clock: { ...systemClock, now: () => Date.now() + skew, after: (ms, call) => systemClock.after(ms, call) },
  });
  for (const name of ["robot", "other"]) {
    await api.post("/api/v1/namespaces/default/serviceaccounts", {
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: { name },
    });
  }
});
afterAll(() => api.close());

const core = "/api/v1/namespaces/default";
const issuer = "https://kubernetes.default.svc.cluster.local";

function request(spec: object = {}, account = "robot"): Promise<Answer> {
  const body = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec };
  return api.post(`${core}/serviceaccounts/${account}/token`, body);
}

async function tokenOf(spec: object = {}, account = "robot"): Promise<string> {
  const { code, body, text } = await request(spec, account);
  expect(code, text).toBe(201);
  return body.status.token;
}

function bearing(token: string): Promise<Answer> {
  const body = { apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" };
  const headers = { authorization: `Bearer ${token}` };
  return api.ask("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", { identity: null, headers, body });
}

function claimsOf(token: string) {
  return JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());
}

describe("service account tokens", () => {
  test("make their bearer the account, whose rights are those of its roles", async () => {
    const token = await tokenOf();
    const { uid } = (await api.get(`${core}/serviceaccounts/robot`)).body.metadata;
    const claims = claimsOf(token);
    expect(claims).toMatchObject({
      iss: issuer,
      aud: [issuer],
      sub: "system:serviceaccount:default:robot",
      "kubernetes.io": { namespace: "default", serviceaccount: { name: "robot", uid } },
    });
    expect(claims.exp - claims.iat).toBe(3600);
    expect((await bearing(token)).body.status.userInfo).toEqual({
      username: "system:serviceaccount:default:robot",
      uid,
      groups: ["system:serviceaccounts", "system:serviceaccounts:default", "system:authenticated"],
      extra: { "authentication.kubernetes.io/credential-id": [`JTI=${claims.jti}`] },
    });
    const headers = { authorization: `Bearer ${token}` };
    expect((await api.ask("GET", `${core}/pods`, { identity: null, headers })).code).toBe(403);
  });

  test("are refused when they are changed, forged, for others, or too old", async () => {
    const token = await tokenOf({ expirationSeconds: 600 });
    const [head = "", body = "", signature = ""] = token.split(".");
    const other = Buffer.from(JSON.stringify({ ...claimsOf(token), sub: "x" })).toString("base64url");
    const none = Buffer.from(JSON.stringify({ alg: "none" })).toString("base64url");
    const bad = [
      `${head}.${other}.${signature}`,
      `${none}.${body}.`,
      `${none}.${body}.${signature}`,
      `${head}.${body}`,
      "x",
      "",
    ];
    for (const text of [...bad, await tokenOf({ audiences: ["vault"] })]) {
      expect((await bearing(text)).code, text).toBe(401);
    }
    expect((await bearing(token)).code).toBe(201);
    skew = 601_000;
    expect((await bearing(token)).code).toBe(401);
    skew = 0;
  });

  test("of a pod are good for a year where they are asked for as every pod's is, and say when they are due", async () => {
    await api.post(`${core}/pods`, pod("aged", { spec: { serviceAccountName: "robot" } }));
    const boundObjectRef = { kind: "Pod", apiVersion: "v1", name: "aged" };
    const { body } = await request({ expirationSeconds: 3607, boundObjectRef });
    const { iat, exp, "kubernetes.io": bound } = claimsOf(body.status.token);
    expect([exp - iat, bound.warnafter - iat]).toEqual([365 * 24 * 3600, 3607]);
    expect(Date.parse(body.status.expirationTimestamp)).toBe((iat + 3607) * 1000);
    skew = 3_700_000;
    expect((await bearing(body.status.token)).code).toBe(201);
    skew = 0;
    for (const spec of [{ expirationSeconds: 3607 }, { expirationSeconds: 3606, boundObjectRef }]) {
      const claims = claimsOf(await tokenOf(spec));
      expect([claims.exp - claims.iat, claims["kubernetes.io"].warnafter]).toEqual([spec.expirationSeconds, undefined]);
    }
  });

  test("end with the pod or the account they are bound to", async () => {
    const made = await api.post(`${core}/pods`, pod("bound", { spec: { serviceAccountName: "robot" } }));
    const { uid } = made.body.metadata;
    const boundObjectRef = { apiVersion: "v1", kind: "Pod", name: "bound", uid };
    const token = await tokenOf({ boundObjectRef });
    const { extra } = (await bearing(token)).body.status.userInfo;
    expect(extra["authentication.kubernetes.io/pod-name"]).toEqual(["bound"]);
    expect((await request({ boundObjectRef }, "other")).body.message).toBe(
      'cannot bind token for serviceaccount "other" to pod running with different serviceaccount name.',
    );
    expect((await request({ boundObjectRef: { ...boundObjectRef, uid: "x" } })).code).toBe(409);
    await api.ask("DELETE", `${core}/pods/bound?gracePeriodSeconds=0`);
    expect((await bearing(token)).code).toBe(401);
    const ofOther = await tokenOf({}, "other");
    await api.ask("DELETE", `${core}/serviceaccounts/other`);
    expect((await bearing(ofOther)).code).toBe(401);
    expect((await request({}, "other")).code).toBe(404);
  });

  test("are refused for less than ten minutes", async () => {
    expect((await request({ expirationSeconds: 60 })).body.message).toBe(
      'TokenRequest.authentication.k8s.io "robot" is invalid: spec.expirationSeconds: Invalid value: 60: may not specify a duration less than 10 minutes',
    );
  });

  test("are reviewed for their audiences", async () => {
    const token = await tokenOf({ audiences: ["vault", "db"] });
    const review = (spec: object): Promise<Answer> =>
      api.post("/apis/authentication.k8s.io/v1/tokenreviews", {
        apiVersion: "authentication.k8s.io/v1",
        kind: "TokenReview",
        spec,
      });
    const { status } = (await review({ token, audiences: ["vault", "x"] })).body;
    expect(status).toMatchObject({
      authenticated: true,
      audiences: ["vault"],
      user: { username: "system:serviceaccount:default:robot" },
    });
    expect((await review({ token })).body.status).toEqual({ user: {}, error: "[invalid bearer token]" });
  });

  test("can be checked by others with the published key", async () => {
    const document = (await api.get("/.well-known/openid-configuration")).body;
    expect(document.issuer).toBe(issuer);
    const set = JSON.parse((await api.get(new URL(document.jwks_uri).pathname)).text);
    const key = createPublicKey({ key: set.keys[0], format: "jwk" });
    const [head, body, signature = ""] = (await tokenOf()).split(".");
    const data = Buffer.from(`${head}.${body}`);
    expect(verify("sha256", data, { key, dsaEncoding: "ieee-p1363" }, Buffer.from(signature, "base64url"))).toBe(true);
  });

  test("outlive the server that issued them when its key does", async () => {
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const serviceAccountKey = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
    const again = await startApi({ store: api.store, serviceAccountKey });
    const third = await startApi({ store: api.store, serviceAccountKey });
    const body = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest" };
    const { token } = (await again.post(`${core}/serviceaccounts/robot/token`, body)).body.status;
    const headers = { authorization: `Bearer ${token}` };
    expect((await third.ask("GET", "/api", { identity: null, headers })).code).toBe(200);
    expect((await api.ask("GET", "/api", { identity: null, headers })).code).toBe(401);
    await again.api.close();
    await third.api.close();
  });
});
